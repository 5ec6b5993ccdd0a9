"""Answers requests on granian's own interface (RSGI): deliveries on one event loop, everything else on threads.

A body that comes a byte at a time holds nobody up here, since waiting for it takes no thread. A plain delivery that is
not large is proved, and waits for its commit, on the loop as well: handing each to a thread and back costs more than
all that is done about it. Pages and whatever the door does not answer are WSGI, with the whole body there.
"""

from __future__ import annotations

import asyncio
import io
import sys
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, NamedTuple, Protocol
from wsgiref.types import WSGIApplication

from plugin.hourglass import Hourglass
from plugin.turnstile import LARGE_AT_ONCE, RETRY_AFTER_SECONDS, SMALL_BODY_BYTES, body_length, longest_body
from webhooks.door import Door
from webhooks.keeper import Keeper
from webhooks.loop_keeper import LoopKeeper

Environ = dict[str, Any]
Headers = list[tuple[str, str]]
#: stores hang up after 5 or 10
BODY_SECONDS = 15.0
#: the WSGI server's part of every request
ALWAYS: Environ = {
    "SCRIPT_NAME": "",
    "wsgi.version": (1, 0),
    "wsgi.errors": sys.stderr,
    "wsgi.multithread": True,
    "wsgi.multiprocess": False,
    "wsgi.run_once": False,
}


class Named(Protocol):
    """The headers of a request, names in lower case, one entry for each line."""

    def keys(self) -> Sequence[str]:
        """All names."""

    def items(self) -> Sequence[tuple[str, str]]:
        """Names and values; without those whose value is not ASCII."""


class Scope(Protocol):
    """A request without its body."""

    @property
    def method(self) -> str:
        """As sent."""

    @property
    def path(self) -> str:
        """Decoded."""

    @property
    def query_string(self) -> str:
        """As sent."""

    @property
    def http_version(self) -> str:
        """1 or 1.1."""

    @property
    def scheme(self) -> str:
        """Http or https."""

    @property
    def server(self) -> str:
        """Host and port of ours."""

    @property
    def client(self) -> str:
        """Host and port of theirs."""

    @property
    def headers(self) -> Named:
        """What came with it."""


class Line(Protocol):
    """What a request's body is read from, and its answer written to."""

    async def __call__(self) -> bytes:
        """The whole body."""

    def __aiter__(self) -> AsyncIterator[bytes]:
        """The body in parts."""

    def response_bytes(self, status: int, headers: Headers, body: bytes) -> None:
        """Answers."""


class Answer(NamedTuple):
    """An answer as granian takes it."""

    status: int
    headers: Headers
    body: bytes


BUSY = Answer(503, [("Retry-After", str(RETRY_AFTER_SECONDS)), ("Content-Type", "text/plain")], b"busy\n")
BROKEN = Answer(500, [("Content-Type", "text/plain")], b"error\n")


class Gateway:
    """In front of ``app``; what its ``door`` can answer on the loop waits for ``keeper`` there (None: for nothing).

    ``threads`` requests are at work in the application at once; the next ones wait in the order in which they came.
    """

    def __init__(
        self,
        app: WSGIApplication,
        *,
        door: Door | None,
        keeper: Keeper | None,
        threads: int,
        large: int = LARGE_AT_ONCE,
        body_seconds: float = BODY_SECONDS,
    ) -> None:
        self._app = app
        self._door = door
        self._keeper = keeper
        self._large = large
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="request")
        self._body_seconds = body_seconds
        self._waits: LoopKeeper | None = None
        self._hourglass: Hourglass

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by the server once the loop is there."""
        self._waits = LoopKeeper(self._keeper, loop) if self._keeper else None
        self._hourglass = Hourglass(loop, seconds=self._body_seconds)

    def __rsgi_del__(self, _loop: asyncio.AbstractEventLoop) -> None:
        """Called by the server at the end."""
        self._hourglass.close()
        self._threads.shutdown(wait=True)

    async def __rsgi__(self, scope: Scope, line: Line) -> None:
        """One request."""
        answer = await self.answer(scope, line)
        with suppress(RuntimeError):
            # whoever hung up wants no answer
            line.response_bytes(answer.status, answer.headers, answer.body)

    async def answer(self, scope: Scope, line: Line) -> Answer:
        """What one request is answered, once its body is there."""
        environ = _heads(scope)
        length = body_length(environ)
        if length is None or length >= SMALL_BODY_BYTES:
            return await self._with_large_body(scope, line, environ, length)
        raw = await self._small_body(line) if length else b""
        return await self._with_body(scope, environ, raw, whole=len(raw) == length)

    async def _small_body(self, line: Line) -> bytes:
        """The whole body; nothing of one that does not come to its end, which the application answers."""
        waits = self._hourglass.turn()
        try:
            return await line()
        except RuntimeError:
            # hung up on the way, in the server's words
            return b""
        except asyncio.CancelledError:
            if not self._hourglass.ran_out(waits):
                raise
            return b""
        finally:
            self._hourglass.stop(waits)

    async def _with_large_body(self, scope: Scope, line: Line, environ: Environ, length: int | None) -> Answer:
        """A body that may be large; one that is longer than is ever read stays where it is."""
        longest = longest_body(environ)
        if length is not None and length > longest:
            return await self._with_body(scope, environ, b"", whole=False)
        parts: list[bytes] = []
        size, counted, waits = 0, False, self._hourglass.turn()
        try:
            try:
                async for part in line:
                    parts.append(part)
                    size += len(part)
                    if size >= SMALL_BODY_BYTES and not counted:
                        if not self._large:
                            return BUSY
                        self._large, counted = self._large - 1, True
                    if size >= longest:
                        break
            except (RuntimeError, asyncio.CancelledError) as ended:
                if not isinstance(ended, RuntimeError) and not self._hourglass.ran_out(waits):
                    raise
                # hung up on the way, or too slow, and there would have been more
                environ.pop("HTTP_TRANSFER_ENCODING", None)
                length = size + 1 if length is None else length
                environ["CONTENT_LENGTH"] = str(length)
            self._hourglass.stop(waits)
            raw = b"".join(parts)[:longest]
            del parts
            return await self._with_body(scope, environ, raw, whole=length is None or len(raw) == length)
        finally:
            self._hourglass.stop(waits)
            self._large += counted

    async def _with_body(self, scope: Scope, environ: Environ, raw: bytes, *, whole: bool) -> Answer:
        # a large one is compressed on a thread, so that the others need not wait for that
        if self._door is not None and self._waits is not None and whole and len(raw) < SMALL_BODY_BYTES:
            topic, _ = self._door.plain(environ)
            answer = await self._door.hear(environ, topic, raw, self._waits.keep) if topic is not None else None
            if answer is not None:
                return Answer(int(answer.status[:3]), answer.headers, answer.body[0])
        environ |= _rest(scope)
        environ["wsgi.input"] = io.BytesIO(raw)
        if "HTTP_TRANSFER_ENCODING" in environ:
            # it has an end all the same
            environ["wsgi.input_terminated"] = True
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._ask, environ)

    def _ask(self, environ: Environ) -> Answer:
        """Asks the application, on a thread."""
        said: list[tuple[str, Headers]] = []

        def start(status: str, headers: Headers, _error: object = None) -> Any:
            said.append((status, headers))

        answer = self._app(environ, start)
        try:
            body = b"".join(answer)
        finally:
            if hasattr(answer, "close"):
                answer.close()
        if not said:
            return BROKEN
        status, headers = said[-1]
        return Answer(int(status[:3]), headers, body)


def _heads(scope: Scope) -> Environ:
    """As much of a WSGI environment as the door looks at: method, address, headers."""
    environ: Environ = {"REQUEST_METHOD": scope.method, "PATH_INFO": scope.path.encode().decode("latin-1")}
    headers = scope.headers
    found = headers.items()
    for name, value in found:
        key = _KEYS.get(name) or _key(name)
        before = environ.get(key)
        environ[key] = value if before is None else f"{before}{';' if name == 'cookie' else ','}{value}"
    names = headers.keys()
    if len(names) != len(found):
        # a value that cannot be told; the name at least, so that one line too many is seen
        for name in set(names) - {name for name, _ in found}:
            environ[_key(name)] = ""
    return environ


def _rest(scope: Scope) -> Environ:
    """The rest of it."""
    host, _, port = scope.server.rpartition(":")
    rest = {
        "QUERY_STRING": scope.query_string.encode().decode("latin-1"),
        "SERVER_NAME": host,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0],
        "wsgi.url_scheme": scope.scheme,
    }
    return ALWAYS | rest


def _key(name: str) -> str:
    key = name.upper().replace("-", "_")
    return key if key in {"CONTENT_TYPE", "CONTENT_LENGTH"} else f"HTTP_{key}"


# those that come with nearly every request
_KEYS = {
    name: _key(name)
    for name in (
        "host", "user-agent", "content-type", "content-length", "accept", "accept-encoding", "connection",
        *(f"x-shopify-{part}" for part in ("topic", "hmac-sha256", "shop-domain", "api-version", "webhook-id", "event-id", "triggered-at")),
    )
}  # fmt: skip
