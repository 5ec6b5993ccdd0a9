"""A client's end of a connection that says any bytes, and reads the answers of a server as strictly as a client may."""

from __future__ import annotations

import socket
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

HOST = "127.0.0.1"
PIECE = 65_536
#: answers to these have no body, whatever their headers say
WITHOUT_BODY = frozenset({204, 304})


class Answer(NamedTuple):
    """One answer, read to its end; ``last`` where the server will not take another request on this line."""

    status: int
    headers: dict[str, str]
    body: bytes
    last: bool


class NoAnswer(OSError):
    """The server said nothing, and hung up or waits."""


class Line:
    """One connection. ``patience`` is for each thing that is waited for, in seconds."""

    def __init__(self, port: int, *, patience: float) -> None:
        self._socket = socket.create_connection((HOST, port), timeout=patience)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.close()

    def say(self, raw: bytes) -> None:
        """Sends; a server that hung up on the way may have answered before."""
        with suppress(ConnectionError, TimeoutError):
            self._socket.sendall(raw)

    def say_no_more(self) -> None:
        """Tells the server that nothing more will come."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)

    def break_off(self) -> None:
        """Hangs up at once, without good-bye: what was on its way is lost."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self._socket.close()

    def answer(self, *, head: bool = False) -> Answer:
        """The next answer, to HEAD where ``head`` says so. Raises NoAnswer."""
        status, headers, old = self._head()
        while status < 200:
            status, headers, old = self._head()
        if head or status in WITHOUT_BODY:
            body, ends = b"", False
        elif "chunked" in headers.get("transfer-encoding", ""):
            body, ends = self._chunks(), False
        elif "content-length" in headers:
            body, ends = self._exactly(int(headers["content-length"])), False
        else:
            body, ends = self._all(), True
        said = headers.get("connection", "keep-alive" if not old else "close").lower()
        return Answer(status, headers, body, ends or said == "close")

    def close(self) -> None:
        """Hangs up."""
        self._socket.close()

    def _head(self) -> tuple[int, dict[str, str], bool]:
        first, *lines = self._until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        version, _, status = first.partition(" ")
        headers = {}
        for line in lines:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return int(status[:3]), headers, version == "HTTP/1.0"

    def _chunks(self) -> bytes:
        parts = []
        while length := int(self._until(b"\r\n"), 16):
            parts.append(self._exactly(length))
            self._until(b"\r\n")
        self._until(b"\r\n")
        return b"".join(parts)

    def _until(self, end: bytes) -> bytes:
        while end not in self._rest:
            self._rest += self._more()
        told, _, self._rest = self._rest.partition(end)
        return told

    def _exactly(self, length: int) -> bytes:
        parts, wanted = [self._rest], length - len(self._rest)
        while wanted > 0:
            parts.append(self._more())
            wanted -= len(parts[-1])
        whole = b"".join(parts)
        self._rest = whole[length:]
        return whole[:length]

    def _all(self) -> bytes:
        parts = [self._rest]
        self._rest = b""
        with suppress(NoAnswer):
            while True:
                parts.append(self._more())
        return b"".join(parts)

    def _more(self) -> bytes:
        try:
            piece = self._socket.recv(PIECE)
        except OSError as error:
            raise NoAnswer(str(error)) from error
        if not piece:
            raise NoAnswer("hung up")
        return piece
