"""A webhook answered 200 survives kill -9 of the server at that instant; and the door keeps its word on that server."""

from __future__ import annotations

import itertools
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPException

import pytest
from sqlalchemy import select

from storage.engine import Database
from storage.tables import inbox
from tests.webhooks import bodies, process
from tests.webhooks.conftest import a_shop
from tests.webhooks.door import Door, request_bytes, signed

CLIENTS = 12
ROUNDS = 3
BODY = bodies.raw("order")


def test_what_was_answered_survives_kill_9(database: Database, database_url: str, shop_id: int) -> None:
    """Each round kills the whole server in the moment of one 200: no acknowledged delivery is missing, none is double."""
    acknowledged: set[str] = set()
    sent: set[str] = set()
    for round_ in range(ROUNDS):
        with process.running(database_url, shop_id) as server:
            acknowledged |= _deliver_until_killed(server, sent, name=f"r{round_}", kill_at=7 + 20 * round_)

        assert acknowledged <= set(_kept(database))
    # what got no answer is sent again, as stores do: everything is there once
    with process.running(database_url, shop_id) as server:
        answers = {name: server.door.post("orders/create", _order(name), webhook_id=name).text for name in sorted(sent)}

    assert sorted(_kept(database)) == sorted(sent)
    assert {answers[name] for name in acknowledged} == {"known\n"}


def _deliver_until_killed(server: process.Process, sent: set[str], *, name: str, kill_at: int) -> set[str]:
    """Delivers from many clients; the one that gets the answer ``kill_at`` kills the server. Those answered 200."""
    acknowledged: set[str] = set()
    numbers = itertools.count()
    counting = threading.Lock()

    def deliver(client: int) -> None:
        with suppress(OSError, HTTPException):
            while True:
                webhook_id = f"{name}-{client}-{next(numbers)}"
                sent.add(webhook_id)
                if server.door.post("orders/create", _order(webhook_id), webhook_id=webhook_id).status == 200:
                    with counting:
                        acknowledged.add(webhook_id)
                        if len(acknowledged) == kill_at:
                            server.kill()

    with ThreadPoolExecutor(CLIENTS) as threads:
        list(threads.map(deliver, range(CLIENTS)))
    assert len(acknowledged) >= kill_at
    return acknowledged


@pytest.fixture(scope="module")
def on_granian(tmp_path_factory: pytest.TempPathFactory, sqlite_template: object) -> Iterator[tuple[Door, Database]]:
    """One server process for the tests that only speak to it, and its database."""
    path = tmp_path_factory.mktemp("door") / "regulars.db"
    path.write_bytes(sqlite_template.read_bytes())  # type: ignore[attr-defined]
    database = Database(f"sqlite:///{path}")
    with process.running(f"sqlite:///{path}", a_shop(database)) as server:
        yield server.door, database
    database.close()


def test_the_same_delivery_ten_times_at_once_over_http(on_granian: tuple[Door, Database]) -> None:
    """Ten concurrent requests with one webhook id: all 200, one row, one of them new."""
    at, database = on_granian
    with ThreadPoolExecutor(10) as threads:
        answers = list(threads.map(lambda _: at.post("orders/create", BODY, webhook_id="ten"), range(10)))

    assert {answer.status for answer in answers} == {200}
    assert sorted(answer.text for answer in answers) == ["kept\n"] + ["known\n"] * 9
    assert _kept(database).count("ten") == 1


def test_chunks_on_the_products_server(on_granian: tuple[Door, Database]) -> None:
    """A body in chunks arrives whole; one that is too large is 413, without being read to its end."""
    at, database = on_granian
    body = _order("chunks")
    headers = [*signed("orders/create", body, webhook_id="chunks").items(), ("Transfer-Encoding", "chunked")]
    pieces = [body[start : start + 1000] for start in range(0, len(body), 1000)]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    endless = b"%x\r\n%s\r\n" % (1 << 20, bytes(1 << 20))

    assert at.write(request_bytes(headers, b""), chunks).startswith(b"HTTP/1.1 200")
    assert at.write(request_bytes(headers, b""), *[endless] * 9, b"0\r\n\r\n").startswith(b"HTTP/1.1 413")
    with database.reading() as db:
        kept = db.execute(select(inbox.c.body).where(inbox.c.delivery_id == "chunks")).scalar_one()
    assert zlib.decompress(kept) == body


def test_a_doubled_signature_on_the_products_server(on_granian: tuple[Door, Database]) -> None:
    """Two signature headers that differ are never a signature, whichever comes first."""
    at, database = on_granian
    before = _kept(database)
    headers = [*signed("orders/create", BODY).items(), ("X-Shopify-Hmac-Sha256", "A" * 43 + "=")]

    for both in (headers, headers[::-1]):
        raw = request_bytes([*both, ("Content-Length", str(len(BODY)))], BODY)
        assert at.write(raw).startswith(b"HTTP/1.1 401")
    assert _kept(database) == before


def test_hostile_requests_on_the_products_server(on_granian: tuple[Door, Database]) -> None:
    """Truncated, falsely measured, unsigned, wrongly addressed: refused, nothing kept, and never a 5xx."""
    at, database = on_granian
    before = _kept(database)
    good = list(signed("orders/create", BODY).items())
    requests = [
        request_bytes([*good, ("Content-Length", str(len(BODY)))], BODY[:-1]),
        request_bytes([*good, ("Content-Length", "-1")], BODY),
        request_bytes([*good, ("Content-Length", "5")], BODY),
        request_bytes([*good, ("Content-Length", "9999999999")], BODY),
        request_bytes([*good, ("Transfer-Encoding", "gzip")], BODY),
        request_bytes([("Content-Length", str(len(BODY)))], BODY),
        request_bytes([*good, ("Content-Length", "0")], b""),
        request_bytes([("X-Shopify-Hmac-Sha256", "é" * 44), ("Content-Length", "2")], b"{}"),
        request_bytes([*good, ("Content-Length", "2")], b"{}", path="/webhooks/shopify/%00"),
        request_bytes([*good, ("Content-Length", "2")], b"{}", path="/webhooks/shopify/../livez"),
        request_bytes([*good, ("X-Filler", "x" * 200_000), ("Content-Length", "2")], b"{}"),
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"POST / HTTP/9.9\r\n\r\n",
    ]

    answers = [at.write(raw, hang_up=True)[9:12] for raw in requests]

    assert not [answer for answer in answers if answer.startswith((b"2", b"5"))], answers
    assert _kept(database) == before
    assert at.post("orders/create", BODY).status == 200


def _order(name: str) -> bytes:
    """An order of its own: the same bytes under another id would be known."""
    return BODY.rstrip()[:-1] + f',"name":"{name}"}}'.encode()


def _kept(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.execute(select(inbox.c.delivery_id)).scalars())
