"""Bodies are waited for outside, where there is room for many; inside, only so many requests are answered at once.

A WSGI server gives each request a thread before its body has come, and cannot hang up on who sends it a byte at a time.
So there may be as many threads as connections, and nearly all of them may wait here without holding up anybody.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable, Iterable
from queue import SimpleQueue
from typing import Any

#: the longest body that is read at all, and one byte more, so that too large is seen
LONGEST_BODY_BYTES = 8 * 1024 * 1024 + 1
#: the same where no deliveries come; no page takes more than this, less one
LONGEST_ELSEWHERE_BYTES = 64 * 1024 + 1
DELIVERIES = "/webhooks/"
#: no length that could be meant has more of them
MOST_DIGITS = 18
#: larger ones are few at a time: what waits must fit into the memory
SMALL_BODY_BYTES = 128 * 1024
LARGE_AT_ONCE = 16
RETRY_AFTER_SECONDS = 5

Environ = dict[str, Any]


#: a WSGI application
Application = Callable[[Environ, Any], Iterable[bytes]]


class Turnstile:
    """Before ``app``: lets ``inside`` requests in at once, each with its whole body."""

    def __init__(self, app: Application, *, inside: int, large: int = LARGE_AT_ONCE) -> None:
        self._app = app
        self._large = threading.BoundedSemaphore(large)
        # the cheapest fair way to wait: a queue of places
        self._places: SimpleQueue[None] = SimpleQueue()
        for _ in range(inside):
            self._places.put(None)

    def __call__(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        """The application's answer; 503 for a large body while too many of them are on their way."""
        begin = _begin_of_body(environ)
        if begin is None:
            return self._answer(environ, start_response)
        if len(begin) < SMALL_BODY_BYTES:
            environ["wsgi.input"] = io.BytesIO(begin)
            return self._answer(environ, start_response)
        if not self._large.acquire(blocking=False):
            start_response("503 Service Unavailable", [("Retry-After", str(RETRY_AFTER_SECONDS))])
            return [b"busy\n"]
        try:
            rest = environ["wsgi.input"].read(longest_body(environ) - len(begin))
            environ["wsgi.input"] = io.BytesIO(begin + rest)
            return self._answer(environ, start_response)
        finally:
            self._large.release()

    def _answer(self, environ: Environ, start_response: Any) -> Iterable[bytes]:
        place = self._places.get()
        try:
            return self._app(environ, start_response)
        finally:
            self._places.put(place)


def _begin_of_body(environ: Environ) -> bytes | None:
    """The body, or as much of it as counts as small; None where there is none, or more than is ever read."""
    length, most = body_length(environ), longest_body(environ)
    if length == 0 or (length is not None and length > most):
        return None
    begin: bytes = environ["wsgi.input"].read(min(length or most, most, SMALL_BODY_BYTES))
    return begin


def longest_body(environ: Environ) -> int:
    """As much of a body as is read at all at this address."""
    return LONGEST_BODY_BYTES if environ["PATH_INFO"].startswith(DELIVERIES) else LONGEST_ELSEWHERE_BYTES


def body_length(environ: Environ) -> int | None:
    """How long the body is said to be; None for one in chunks."""
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    told = environ.get("CONTENT_LENGTH") or "0"
    if not (told.isascii() and told.isdigit()):
        return 0
    return int(told) if len(told) <= MOST_DIGITS else LONGEST_BODY_BYTES + 1
