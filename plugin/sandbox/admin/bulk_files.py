"""The address under which the result of a bulk operation lies for a week. Like the real one it asks for no token."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flask import Blueprint, Response, make_response, request, send_file

from plugin.sandbox.store import Store

GONE = "<?xml version='1.0' encoding='UTF-8'?><Error><Code>ExpiredToken</Code></Error>"


def bulk_files(store: Store) -> Blueprint:
    """The files of a store."""
    pages = Blueprint("bulk_files", __name__)

    @pages.get("/bulk/<token>.jsonl")
    def file(token: str) -> Response:
        found = store.bulk.file(token) if token.isalnum() else None
        if found is None or "X-Shopify-Access-Token" in request.headers:
            # a signed address that gets a token was given it by mistake, and should hear of it
            return make_response(GONE, 400)
        path, breaks_after = found
        start = int(request.headers.get("Range", "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if breaks_after and path.stat().st_size - start > breaks_after:
            return _cut(path, start, breaks_after)
        return send_file(path, mimetype="application/jsonl", conditional=True)

    return pages


def _cut(path: Path, start: int, length: int) -> Response:
    """Announces all that is left, and breaks off."""
    size = path.stat().st_size

    def some() -> Iterator[bytes]:
        with path.open("rb") as opened:
            opened.seek(start)
            yield opened.read(length)
        raise ConnectionAbortedError("ordered")

    answer = Response(some(), status=206 if start else 200, mimetype="application/jsonl")
    answer.headers["Content-Length"] = str(size - start)
    if start:
        answer.headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
    return answer
