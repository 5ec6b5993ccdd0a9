"""Our own script and style: read once, compressed once, under a path that names their bytes.

The hash is a folder of the path, not a query: modules import each other by relative names, which inherit the folder.
"""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from flask import Blueprint, Response, abort, request

FOLDER = Path(__file__).with_name("static")
TYPES = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
FOR_EVER = "public, max-age=31536000, immutable"
HASH_DIGITS = 12
#: how a line begins that is nothing else
COMMENTS = ("//", "/*")


@dataclass(frozen=True, slots=True)
class Assets:
    """The static files of one build of the program: name to plain and compressed bytes."""

    hash: str
    plain: dict[str, bytes]
    packed: dict[str, bytes]

    def path(self, name: str) -> str:
        """Where a file is served. Raises KeyError for one that is not there."""
        if name not in self.plain:
            raise KeyError(name)
        return f"/assets/{self.hash}/{name}"


def load(folder: Path = FOLDER) -> Assets:
    """Reads all files of the folder, as they are sent: without indentation, empty lines and lines of comment."""
    plain = {
        path.name: _bare(path.read_text(encoding="utf-8")).encode()
        for path in sorted(folder.iterdir())
        if path.suffix in TYPES
    }
    digest = hashlib.sha256(b"".join(name.encode() + b"\0" + text + b"\0" for name, text in plain.items()))
    # no time inside, so that equal files are equal bytes
    packed = {name: gzip.compress(text, mtime=0) for name, text in plain.items()}
    return Assets(digest.hexdigest()[:HASH_DIGITS], plain, packed)


def blueprint(assets: Assets) -> Blueprint:
    """Serves the files; under another build's hash the present ones, uncached, so that a rolling update breaks no page."""
    views = Blueprint("assets", __name__)

    @views.get("/assets/<hash_>/<name>")
    def asset(hash_: str, name: str) -> Response:
        if name not in assets.plain:
            abort(404)
        packs = bool(request.accept_encodings.quality("gzip"))
        answer = Response((assets.packed if packs else assets.plain)[name], content_type=TYPES[Path(name).suffix])
        if packs:
            answer.headers["Content-Encoding"] = "gzip"
        answer.headers["Vary"] = "Accept-Encoding"
        answer.headers["Cache-Control"] = FOR_EVER if hash_ == assets.hash else "no-store"
        return answer

    return views


def _bare(text: str) -> str:
    # safe for files that hold no text over several lines, which a test sees to
    lines = (line.strip() for line in text.splitlines())
    return "".join(f"{line}\n" for line in lines if line and not line.startswith(COMMENTS))
