"""Bytes that are no HTTP, or twice: against the server that the product runs on, over a socket."""

from __future__ import annotations

import random
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from plugin.sandbox.deliveries import Outgoing
from tests.campaigns import checks, running, senders
from tests.campaigns.programs import Starter, is_ready
from tests.campaigns.running import Say
from tests.campaigns.senders import Book
from tests.campaigns.town import Town

#: whoever has not answered or hung up by then waits for the rest of a request, and is left
PATIENCE_SECONDS = 0.2
LINES = (
    b"Content-Length: 5", b"Content-Length: -1", b"Content-Length: 99999999999999999999", b"Content-Length: 1e3", b"Content-Length:",
    b"Transfer-Encoding: chunked", b"Transfer-Encoding: gzip", b"Transfer-Encoding: chunked, chunked", b"Transfer-Encoding : chunked",
    b"Expect: 100-continue", b"Connection: upgrade", b"Upgrade: h2c", b"Upgrade: websocket", b"Host: a\r\nHost: b", b"Host:",
    b"X: " + b"y" * 20_000, b"X" * 9_000 + b": y", b" folded: 1", b"no colon", b"\x00: \x00", b"X: \xff\xfe", b"\r\n", b"X:y\nZ:w",
)  # fmt: skip
STARTS = (
    b"POST /webhooks/shopify/orders/create HTTP/1.1", b"GET / HTTP/1.1", b"GET /livez HTTP/1.0", b"GET /livez HTTP/9.9", b"GET  /livez  HTTP/1.1",
    b"GET http://evil.example/livez HTTP/1.1", b"CONNECT evil.example:443 HTTP/1.1", b"OPTIONS * HTTP/1.1", b"PRI * HTTP/2.0",
    b"get /livez http/1.1", b"GET /" + b"a" * 20_000 + b" HTTP/1.1", b"GET /%", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"", b"\x00" * 50,
    b"GET /\xff HTTP/1.1", b"GET /\x00 HTTP/1.1", b"PUT /api/v1/program HTTP/1.1", b"GET /app/overview?" + b"&" * 5_000 + b" HTTP/1.1",
)  # fmt: skip
BODIES = (
    b"",
    b"{}",
    b'5\r\n{"a":\r\n',
    b"FFFFFFFFFFFFFFFFF\r\nx\r\n0\r\n\r\n",
    b"-1\r\n\r\n",
    b"0\r\n\r\nGET /livez HTTP/1.1\r\n\r\n",
    b"\x00" * 500,
)


def test_some_malformed_requests(starter: Starter, a_town: Callable[..., Town], sqlite_url: str) -> None:
    """No answer of 500 or more but 503, no row, and the next delivery is kept as if nothing had happened."""
    shout(starter, a_town(sqlite_url), requests=120, seed=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_many_malformed_requests(
    starter: Starter, a_town: Callable[..., Town], sqlite_url: str, size: Callable[[str], int], say: Say
) -> None:
    """The same, more often."""
    statuses = shout(starter, a_town(sqlite_url), requests=size("malformed-requests"), seed=size("campaign-seed"))
    say(f"{sum(statuses.values())} malformed requests: {dict(statuses)}")


def shout(starter: Starter, town: Town, *, requests: int, seed: int) -> Counter[str]:
    """So many of them, one after the other; the statuses of the answers, nothing where there was none."""
    rng, statuses, book = random.Random(seed), Counter[str](), Book()
    told = town.live(3)
    with running.serving(starter, town) as (server, port):
        for number in range(requests):
            raw = _spelled_out(rng, told[number % len(told)])
            answer = _answer(port, raw)
            statuses[answer] += 1
            assert answer in {"", "503"} or answer < "500", f"seed {seed}, request {number}: {answer} for {raw[:300]!r}"
        assert not checks.kept(town.runtime.database)
        assert is_ready(port)
        assert not server.ended.is_set()
        senders.deliver_all(port, told, book)
    assert set(book.statuses) == {200}
    assert len(checks.kept(town.runtime.database)) == len(told)
    return statuses


def _spelled_out(rng: random.Random, one: Outgoing) -> bytes:
    """A request with mistakes; some have the headers of a delivery, whose signature then is another body's."""
    lines = [rng.choice(STARTS)] + [rng.choice(LINES) for _ in range(rng.randrange(4))]
    if rng.randrange(3) == 0:
        lines += [f"{name}: {value}".encode() for name, value in senders.headers(one).items()]
        rng.shuffle(lines[1:])
    raw = b"\r\n".join([*lines, b"", b""]) + rng.choice(BODIES)
    if rng.randrange(4) == 0:
        raw = raw[: rng.randrange(1, len(raw) + 1)]
    if rng.randrange(5) == 0:
        place = rng.randrange(len(raw))
        raw = raw[:place] + rng.randbytes(3) + raw[place:]
    return raw


def _answer(port: int, raw: bytes) -> str:
    """The status of the first answer; empty where the server said nothing."""
    received = b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as line:
        line.sendall(raw)
        with suppress(OSError):
            line.shutdown(socket.SHUT_WR)
        while piece := line.recv(65_536):
            received += piece
    return received[9:12].decode("latin-1") if received.startswith(b"HTTP/") else ""
