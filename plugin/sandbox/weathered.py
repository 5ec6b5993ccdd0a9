"""The weather between the network and the API: calls without answer, broken connections, errors of gateways."""

from __future__ import annotations

import io
import socket
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NoReturn

from waitress.channel import ClientDisconnected

from plugin.sandbox.admin.endpoint import MISHAP
from plugin.sandbox.weather import Mishap, Weather

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

AFTER_EFFECT = frozenset({Mishap.TIMEOUT_AFTER, Mishap.BAD_GATEWAY, Mishap.LOST_ANSWER})
HELD = frozenset({Mishap.TIMEOUT_BEFORE, Mishap.TIMEOUT_AFTER})
BROKEN = HELD | {Mishap.RESET, Mishap.LOST_ANSWER}
ANSWERS = {
    Mishap.SERVER_ERROR: ("503 Service Unavailable", []),
    Mishap.BAD_GATEWAY: ("502 Bad Gateway", []),
    Mishap.TOO_MANY: ("429 Too Many Requests", [("Retry-After", "2.0")]),
}
PAGE = b"<!DOCTYPE html><title>Something went wrong</title>"


class Weathered:
    """A WSGI application in the weather; only calls of GraphQL and REST suffer."""

    def __init__(self, application: WSGIApplication, weather: Weather) -> None:
        self._application = application
        self._weather = weather

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """One call."""
        rest = environ["PATH_INFO"].startswith("/rest/")
        if not rest and not environ["PATH_INFO"].endswith("/graphql.json"):
            return self._application(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        environ["wsgi.input"] = io.BytesIO(body)
        asked = f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}\n".encode() + body if rest else body
        environ[MISHAP] = mishap = self._weather.strike(asked)
        if mishap in AFTER_EFFECT:
            _exhaust(self._application(environ, _no_answer))
        if mishap in HELD:
            self._weather.hold()
        if mishap in BROKEN:
            _break_off(environ)
        if mishap in ANSWERS:
            status, headers = ANSWERS[mishap]
            start_response(status, [("Content-Type", "text/html"), ("Content-Length", str(len(PAGE))), *headers])
            return [PAGE]
        return self._application(environ, start_response)


def _exhaust(answer: Iterable[bytes]) -> None:
    for _ in answer:
        pass
    close: Callable[[], None] | None = getattr(answer, "close", None)
    if close:
        close()


def _no_answer(*_: object) -> Callable[[bytes], object]:
    return lambda _: None


def _break_off(environ: WSGIEnvironment) -> NoReturn:
    """Ends the connection without a byte of an answer."""
    channel = environ["waitress.client_disconnected"].__self__
    channel.socket.shutdown(socket.SHUT_RDWR)
    raise ClientDisconnected
