"""PostgreSQL is killed under load: 503 while it is gone, nothing acknowledged is lost, everybody recovers by themselves."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

import pytest

from tests.campaigns import checks, cluster, running, senders
from tests.campaigns.cluster import Cluster
from tests.campaigns.programs import Starter, asked, is_ready, wait_until
from tests.campaigns.running import Say
from tests.campaigns.senders import Book
from tests.campaigns.town import Town
from tests.databases import NoServer

#: once it is back, deliveries are kept again within this many seconds
RECOVERS_SECONDS = 10


@pytest.fixture
def postgresql() -> Iterator[Cluster]:
    """A PostgreSQL of this test's own."""
    try:
        with cluster.running() as made:
            yield made
    except NoServer as none:
        pytest.skip(str(none))


def test_postgresql_killed_once(starter: Starter, a_town: Callable[..., Town], postgresql: Cluster) -> None:
    """Killed in the middle of deliveries and started again, it costs nothing but time."""
    kill_and_start(starter, a_town(postgresql.url), postgresql, times=1)


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_postgresql_killed_often(
    starter: Starter, a_town: Callable[..., Town], postgresql: Cluster, size: Callable[[str], int], say: Say
) -> None:
    """The same, five times on one database."""
    times = size("server-kills")
    book, longest = kill_and_start(starter, a_town(postgresql.url, size("campaign-seed")), postgresql, times=times)
    say(
        f"PostgreSQL killed {times} times: {len(book.acknowledged)} acknowledged, none lost, "
        f"{book.statuses[503]} answered 503, back after {longest:.1f} s at most"
    )


def kill_and_start(starter: Starter, town: Town, postgresql: Cluster, *, times: int) -> tuple[Book, float]:
    """One server and one worker outlive so many deaths of the database; the longest time to recover, in seconds."""
    book, source, longest = Book(), senders.Source(town), 0.0
    worker = starter.start("worker", environment=town.environment)
    with running.serving(starter, town) as (server, port), senders.under_load(port, source, book):
        for _ in range(times):
            _wait_for_more(book, 40)
            postgresql.kill()
            _wait_for_refusals(book, 10)
            assert asked(port, "/livez") == 200
            # what it found is told again for a second
            wait_until(lambda: asked(port, "/readyz") == 503, seconds=5, lives=[server, worker])
            assert asked(port, "/metrics") == 503
            postgresql.start()
            longest = max(longest, wait_until(lambda: is_ready(port), seconds=RECOVERS_SECONDS, lives=[server, worker]))
            _wait_for_more(book, 10)
    assert set(book.statuses) <= {200, 503}, book.statuses
    assert not book.without_retry_after
    checks.nothing_acknowledged_is_missing(town, book)
    with running.serving(starter, town) as (_, port):
        senders.deliver_all(port, [*book.unanswered(), *source.left()], book)
    # the worker that lived through it all has no more to do than wait for its leases
    town.leases_end()
    wait_until(lambda: not town.waiting(), seconds=running.REST_SECONDS, lives=[worker])
    worker.terminate()
    assert worker.wait() == 0, worker.words()
    checks.nothing_is_doubled(town)
    checks.is_whole(town.runtime.database)
    checks.all_is_told(town, town.orders)
    checks.offers_and_money_agree(town)
    return book, longest


def _wait_for_more(book: Book, deliveries: int) -> None:
    wanted = len(book.acknowledged) + deliveries
    wait_until(lambda: len(book.acknowledged) >= wanted, seconds=30)


def _wait_for_refusals(book: Book, refusals: int) -> None:
    wanted, ends = book.statuses[503] + refusals, time.monotonic() + 30
    while book.statuses[503] < wanted and time.monotonic() < ends:
        time.sleep(0.05)
