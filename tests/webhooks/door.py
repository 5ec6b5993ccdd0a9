"""The door over real HTTP on loopback: a server in a thread, and clients that write what they are told, byte by byte."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from flask import Flask
from waitress.server import create_server

from storage.inbox import Delivery
from tests.webhooks import bodies
from webhooks import hearing, views
from webhooks.door import Door as FrontDoor
from webhooks.shopify import signature

NEW, OLD = "shpss_new", "shpss_old"
DOMAIN = "quiet-goods.myshopify.com"
TOPICS = frozenset(
    entry["topic"]
    for group in ("webhooks", "compliance_webhooks")
    for entry in json.loads(Path("manifest.json").read_text(encoding="utf-8"))["platforms"]["shopify"][group]
)
_numbers = itertools.count(1)


class Answer(NamedTuple):
    """What the door said."""

    status: int
    text: str
    headers: Mapping[str, str]


@dataclass
class Door:
    """An open door and what it told of itself."""

    port: int
    outcomes: Counter[str] = field(default_factory=Counter)
    logged: list[tuple[str, str, str]] = field(default_factory=list)

    def post(
        self,
        topic: str,
        raw: bytes,
        /,
        *,
        secret: str = NEW,
        path: str | None = None,
        method: str = "POST",
        **headers: str | None,
    ) -> Answer:
        """Delivers as Shopify does; a header given as None is left out, ``webhook_id`` is ``X-Shopify-Webhook-Id``."""
        sent = signed(topic, raw, secret=secret, **headers)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request(method, path or f"/webhooks/shopify/{topic}", raw, sent)
            response = connection.getresponse()
            return Answer(response.status, response.read().decode(), dict(response.headers))
        finally:
            connection.close()

    def write(self, *parts: bytes, hang_up: bool = False) -> bytes:
        """Writes bytes to a socket, says that nothing follows if it hangs up, and returns what comes back until the end."""
        received = bytearray()
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as line, suppress(OSError):
            for part in parts:
                line.sendall(part)
            if hang_up:
                line.shutdown(socket.SHUT_WR)
            while piece := line.recv(65536):
                received += piece
        return bytes(received)


def signed(topic: str, raw: bytes, /, *, secret: str = NEW, **headers: str | None) -> dict[str, str]:
    """The headers of a delivery; each one has a webhook id of its own."""
    told = {
        "hmac_sha256": signature.sign(raw, secret).decode(),
        "topic": topic,
        "shop_domain": DOMAIN,
        "webhook_id": f"b54557e4-bdd9-4b37-8a5f-{next(_numbers):012d}",
        "api_version": "2026-10",
        "triggered_at": "2026-11-22T11:59:58.123456789Z",
        "event_id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
        **headers,
    }
    named = {f"X-Shopify-{name.replace('_', '-').title()}": value for name, value in told.items()}
    return {name: value for name, value in named.items() if value is not None} | {"Content-Type": "application/json"}


def request_bytes(
    headers: list[tuple[str, str]], body: bytes, *, path: str = "/webhooks/shopify/orders/create"
) -> bytes:
    """A request, spelled out."""
    lines = [
        f"POST {path} HTTP/1.1",
        "Host: 127.0.0.1",
        "Connection: close",
        *(f"{name}: {value}" for name, value in headers),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def app(
    keep: Callable[[Delivery], bool],
    *,
    shop_id: int,
    count: Callable[[str], None] = lambda _outcome: None,
    log: Callable[[str, str, str], None] = lambda *_what: None,
    front: bool = True,
    remembers: bool = True,
) -> Flask:
    """An application with nothing but the door, that knows one shop; with the ``front`` door before it or without.

    ``remembers``: it need not look the shop up first.
    """
    ear = hearing.Ear(
        topics=TOPICS,
        secrets_for=lambda _platform, _domain: (NEW, OLD),
        shop_id_of=lambda platform, domain: shop_id if (platform, domain) == ("shopify", DOMAIN) else None,
        keep=keep,
        now=lambda: bodies.RECEIVED,
        count=count,
        remembers=lambda _platform, _domain: remembers,
        log=log,
    )
    made = Flask(__name__)
    made.register_blueprint(views.blueprint(ear))
    if front:
        made.wsgi_app = FrontDoor(  # type: ignore[method-assign]
            made.wsgi_app, ear, finish=lambda answer: answer, seen=lambda _status, _seconds: None, clock=lambda: 0.0
        )
    return made


@contextmanager
def opened(keep: Callable[[Delivery], bool], *, shop_id: int, threads: int = 16, front: bool = True) -> Iterator[Door]:
    """A door on a port of its own, in a thread of this process."""
    outcomes: Counter[str] = Counter()
    logged: list[tuple[str, str, str]] = []
    made = app(
        keep,
        shop_id=shop_id,
        count=lambda outcome: outcomes.update([outcome]),
        log=lambda *what: logged.append(what),
        front=front,
    )
    server = create_server(made, host="127.0.0.1", port=0, threads=threads, backlog=512)
    running = threading.Thread(target=server.run, daemon=True)
    running.start()
    try:
        yield Door(port=int(server.effective_port), outcomes=outcomes, logged=logged)
    finally:
        # closed by its own thread, which would otherwise sleep for a second first; it may be awake and faster than us
        with suppress(OSError):
            server.trigger.pull_trigger(server.close)
        server.task_dispatcher.shutdown()
        running.join(timeout=5)
