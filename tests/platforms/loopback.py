"""A store on loopback that answers what a test tells it to: whole answers, or the raw bytes of a broken one."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: answers by writing to the handler; what it returns is not looked at
Act = Callable[[BaseHTTPRequestHandler], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """A request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes
    method: str = "POST"

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)


@dataclass(slots=True)
class Store:
    """Plays its acts in order, and the last one again and again; keeps what it heard."""

    acts: list[Act]
    origin: str = ""
    heard: list[Heard] = field(default_factory=list)

    def play(self, handler: BaseHTTPRequestHandler) -> None:
        """Hears one request and answers it."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length", "0")))
        told = dict(handler.headers.items())
        self.heard.append(Heard(path=handler.path, headers=told, body=body, method=handler.command))
        (self.acts.pop(0) if len(self.acts) > 1 else self.acts[0])(handler)


@contextmanager
def store(*acts: Act) -> Iterator[Store]:
    """A store that listens on a free port until the block ends."""
    played = Store(list(acts))

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # an answer goes out in one piece, so that nobody waits for an acknowledgement
        wbufsize = -1

        def do_POST(self) -> None:
            played.play(self)

        do_GET = do_PUT = do_DELETE = do_POST  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    played.origin = f"http://127.0.0.1:{server.server_port}"
    try:
        yield played
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def answers(body: Any, *, status: int = 200, **headers: str) -> Act:
    """A whole answer: bytes as they are, anything else as JSON. An underscore in a header's name is a hyphen."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response_only(status)
        for name, value in {"Content-Length": str(len(raw)), **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(raw)

    return act


def writes(*pieces: bytes | threading.Event) -> Act:
    """Raw bytes, an event being waited for where it stands, and then the connection is closed."""

    def act(handler: BaseHTTPRequestHandler) -> None:
        handler.close_connection = True
        for piece in pieces:
            if isinstance(piece, threading.Event):
                piece.wait(5)
            else:
                handler.wfile.write(piece)
                handler.wfile.flush()

    return act


def resets(handler: BaseHTTPRequestHandler) -> None:
    """Breaks the connection off without a word: a reset, not an end."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    handler.connection.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
