"""Clients that are slow on purpose hold up themselves, and nobody who delivers."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from plugin.gateway import BODY_SECONDS
from tests.campaigns import checks, crawlers, running, senders
from tests.campaigns.crawlers import Crawler
from tests.campaigns.programs import Starter, wait_until
from tests.campaigns.running import Say
from tests.campaigns.senders import Book
from tests.campaigns.town import Town

CLIENTS = 200
BODIES = (crawlers.slow_body, crawlers.slow_chunks)
#: Shopify hangs up after so many seconds
LIMIT_SECONDS = 5.0
WANTED_P99_SECONDS = 1.0


@pytest.mark.parametrize("kind", crawlers.KINDS, ids=lambda kind: kind.__name__)
def test_deliveries_beside_slow_clients(
    starter: Starter, a_town: Callable[..., Town], sqlite_url: str, kind: Callable[[], Crawler]
) -> None:
    """More slow clients of one kind than there are threads: every delivery is acknowledged before the store hangs up."""
    town, book = a_town(sqlite_url), Book()
    _deliver_beside(starter, town, book, [kind() for _ in range(80)], seconds=1)

    assert set(book.statuses) == {200}
    assert max(book.seconds) < LIMIT_SECONDS


@pytest.mark.soak
@pytest.mark.timeout(900)
@pytest.mark.parametrize("kind", [*crawlers.KINDS, None], ids=lambda kind: kind.__name__ if kind else "all")
def test_deliveries_beside_two_hundred_slow_clients(
    starter: Starter,
    a_town: Callable[..., Town],
    sqlite_url: str,
    kind: Callable[[], Crawler] | None,
    size: Callable[[str], int],
    say: Say,
) -> None:
    """Two hundred of them for half a minute: deliveries are acknowledged within a second, 99 of 100."""
    town, book = a_town(sqlite_url), Book()
    kinds = [kind] if kind else list(crawlers.KINDS)
    clients = [kinds[number % len(kinds)]() for number in range(CLIENTS)]
    thrown_out = _deliver_beside(starter, town, book, clients, seconds=size("slow-seconds"))

    p99 = book.percentile(0.99)
    say(
        f"{CLIENTS} slow clients ({kind.__name__ if kind else 'all kinds'}): {len(book.acknowledged)} deliveries, "
        f"p50 {book.percentile(0.5) * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms, {thrown_out} thrown out"
    )
    assert set(book.statuses) == {200}
    assert p99 < WANTED_P99_SECONDS
    if kind in BODIES and size("slow-seconds") > 1.5 * BODY_SECONDS:
        # a body has its time to come
        assert thrown_out >= CLIENTS


def _deliver_beside(starter: Starter, town: Town, book: Book, clients: list[Crawler], *, seconds: float) -> int:
    """Deliveries from four postmen beside the slow clients, once those are all there; how many were thrown out."""
    source = senders.Source(town)
    with running.serving(starter, town) as (server, port), crawlers.crowd(port, clients) as crowd:
        wait_until(lambda: crowd.connected == len(clients), seconds=20, lives=[server])
        # they have said what holds a thread
        time.sleep(0.3)
        with senders.under_load(port, source, book, clients=4):
            time.sleep(seconds)
    checks.nothing_acknowledged_is_missing(town, book)
    return crowd.thrown_out
