"""Who proves nothing is sent away for a while once they asked too often; nobody else ever is."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from flask import Response
from hypothesis import given
from hypothesis import strategies as st

from plugin.buckets import Buckets
from plugin.strangers import PROVEN, Strangers, whose

THERE, ELSEWHERE = "8.8.8.8", "1.1.1.1"


def limited(
    *, most: int = 3, proxies: int = 0, ticks: list[float] | None = None, seen: list[int] | None = None
) -> Strangers:
    """An application that answers 200, behind a limit of so many at once and one a second."""

    def app(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if environ.get("proves"):
            environ[PROVEN] = True
        start_response("200 OK", [])
        return [b"done"]

    now = ticks or [0.0]
    buckets = Buckets(most=most, per_second=1, monotonic=lambda: now[0], salt=7)
    counted = seen if seen is not None else []
    return Strangers(app, buckets=buckets, proxies=proxies, finish=_marked, seen=lambda: counted.append(1))


def _marked(answer: Response) -> Response:
    answer.headers["X-Finished"] = "yes"
    return answer


def asked(
    app: Strangers, *, address: str = THERE, path: str = "/app/overview", **more: Any
) -> tuple[int, dict[str, str]]:
    """Status and headers of one request."""
    said: list[tuple[str, list[tuple[str, str]]]] = []
    environ = {"REMOTE_ADDR": address, "PATH_INFO": path, "REQUEST_METHOD": "GET", **more}
    for _ in app(environ, lambda status, head, _error=None: said.append((status, head))):
        pass
    return int(said[0][0][:3]), dict(said[0][1])


def test_a_stranger_who_asks_too_often_is_told_when_to_come_again() -> None:
    """429 with Retry-After and the headers of every answer, counted; after that time they are answered again."""
    ticks, seen = [0.0], []
    app = limited(ticks=ticks, seen=seen)
    assert [asked(app)[0] for _ in range(3)] == [200] * 3
    status, head = asked(app)
    assert (status, head["Retry-After"], head["X-Finished"], seen) == (429, "1", "yes", [1])
    assert asked(app, address=ELSEWHERE)[0] == 200

    ticks[0] = float(head["Retry-After"])
    assert [asked(app)[0] for _ in range(2)] == [200, 429]


@pytest.mark.parametrize(
    "path", ["/webhooks/shopify/orders/create", "/webhooks/magento/abc/order", "/webhooks/shopify-pubsub"]
)
def test_deliveries_are_never_sent_away(path: str) -> None:
    """However often and whatever comes there: a store that is told 429 would send again, and drop us in the end."""
    app = limited(most=1)
    assert {asked(app, path=path)[0] for _ in range(50)} == {200}
    assert asked(app)[0] == 200


def test_who_proves_who_they_are_takes_nothing() -> None:
    """A merchant may ask as often as they like, and leaves to strangers at the same address what is theirs."""
    app = limited(most=2)
    assert {asked(app, proves=True)[0] for _ in range(50)} == {200}
    assert [asked(app)[0] for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.9", "::1", "[::1]", "fd00::1", "", "unix:", "::ffff:10.0.0.1"]
)
def test_an_address_of_a_private_network_is_no_strangers(address: str) -> None:
    """A proxy's own address stands for everybody; the proxy limits, or the setting says how many stand there."""
    app = limited(most=1)
    assert {asked(app, address=address)[0] for _ in range(9)} == {200}


def test_behind_proxies_the_address_that_the_outermost_of_them_heard_counts() -> None:
    """What a client writes itself into X-Forwarded-For changes nothing."""
    app = limited(most=1, proxies=2)
    assert asked(app, address="10.0.0.1", HTTP_X_FORWARDED_FOR=f"{THERE}, 10.0.0.2")[0] == 200
    for forged in ("", "4.4.4.4, ", f"{ELSEWHERE}, 9.9.9.9, "):
        assert asked(app, address="10.0.0.1", HTTP_X_FORWARDED_FOR=f"{forged}{THERE}, 10.0.0.2")[0] == 429
    assert asked(app, address="10.0.0.1", HTTP_X_FORWARDED_FOR=f"{THERE}, {ELSEWHERE}, 10.0.0.2")[0] == 200
    # whoever comes past the proxies
    assert [asked(app, address="9.9.9.9")[0] for _ in range(2)] == [200, 429]


def test_a_network_of_ipv6_is_one_address() -> None:
    """A provider gives each customer 64 bits of addresses, which are one customer; a mapped address is the one in it."""
    assert whose({"REMOTE_ADDR": "2a00:1450::1"}, proxies=0) == whose({"REMOTE_ADDR": "2a00:1450::ffff:1"}, proxies=0)
    assert whose({"REMOTE_ADDR": "2a00:1450::1"}, proxies=0) != whose({"REMOTE_ADDR": "2a00:1450:0:1::1"}, proxies=0)
    assert whose({"REMOTE_ADDR": f"::ffff:{THERE}"}, proxies=0) == whose({"REMOTE_ADDR": THERE}, proxies=0)


@given(st.text(max_size=60), st.text(max_size=60), st.integers(0, 3))
def test_whatever_stands_there_is_an_address_or_none(address: str, forwarded: str, proxies: int) -> None:
    """No header makes it fail."""
    told = whose({"REMOTE_ADDR": address, "HTTP_X_FORWARDED_FOR": forwarded}, proxies=proxies)
    assert told is None or told > 0


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 3)), max_size=60), st.integers(1, 5), st.integers(1, 4))
def test_a_bucket_gives_no_more_than_it_may(asks: list[tuple[int, float]], most: int, rate: int) -> None:
    """In any span of time each key gets at most what was there and what came in it; after the wait that was told, one more."""
    now = [0.0]
    buckets = Buckets(most=most, per_second=rate, monotonic=lambda: now[0], salt=3)
    given_at: dict[int, list[float]] = {}
    for key, later in asks:
        now[0] += later
        if wait := buckets.wait(key):
            now[0] += wait + 1e-9
            assert buckets.wait(key) == 0
        buckets.take(key)
        given_at.setdefault(key, []).append(now[0])
    for times in given_at.values():
        for first in range(len(times)):
            for last in range(first, len(times)):
                assert last - first + 1 <= most + rate * (times[last] - times[first]) + 1e-6


def test_a_flood_of_addresses_takes_no_memory() -> None:
    """A hundred thousand addresses live in the places that there are from the first one on."""
    buckets = Buckets(most=1, per_second=1000, monotonic=lambda: 0.0, salt=5, slots=64)
    before = buckets._full_at.buffer_info()
    for key in range(100_000):
        buckets.take(key)
    assert buckets._full_at.buffer_info() == before
