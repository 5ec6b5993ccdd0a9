"""Bytes that are no HTTP, or twice: against the server that the product runs on, over a socket."""

from __future__ import annotations

import random
import socket
from collections import Counter
from collections.abc import Callable
from contextlib import suppress

import pytest

from plugin.cli.serving import LONGEST_HEAD_BYTES
from tests.campaigns import checks, rough, running, senders
from tests.campaigns.programs import Starter, is_ready
from tests.campaigns.running import Say
from tests.campaigns.senders import Book
from tests.campaigns.town import Town
from tests.campaigns.wire import Line


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


def test_a_head_that_is_too_long_is_refused(starter: Starter, a_town: Callable[..., Town], sqlite_url: str) -> None:
    """Headers of more than 32 kB are 431 as soon as so much of them came; half of that is nothing unusual."""
    town, head = a_town(sqlite_url), b"GET /livez HTTP/1.1\r\nHost: x\r\nCookie: "
    with running.serving(starter, town) as (_, port):
        for rest, status in ((b"a" * 16_000 + b"\r\n\r\n", 200), (b"a" * (LONGEST_HEAD_BYTES - len(head)), 431)):
            with Line(port, patience=rough.PATIENCE_SECONDS) as line:
                line.say(head + rest)
                assert line.answer().status == status
        assert is_ready(port)


def shout(starter: Starter, town: Town, *, requests: int, seed: int) -> Counter[str]:
    """So many of them, one after the other; the statuses of the answers, nothing where there was none."""
    rng, statuses, book = random.Random(seed), Counter[str](), Book()
    told = town.live(3)
    with running.serving(starter, town) as (server, port):
        for number in range(requests):
            raw = rough.spelled_out(
                rng, [f"{name}: {value}".encode() for name, value in senders.headers(told[number % len(told)]).items()]
            )
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


def _answer(port: int, raw: bytes) -> str:
    """The status of the first answer; empty where the server said nothing."""
    received = b""
    with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=rough.PATIENCE_SECONDS) as line:
        line.sendall(raw)
        with suppress(OSError):
            line.shutdown(socket.SHUT_WR)
        while piece := line.recv(65_536):
            received += piece
    return received[9:12].decode("latin-1") if received.startswith(b"HTTP/") else ""
