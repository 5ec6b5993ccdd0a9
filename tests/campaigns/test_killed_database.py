"""PostgreSQL is killed at its own n-th sync, write of its log or answer: it recovers, and nothing acknowledged is lost."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.campaigns import checks, cluster, running, senders
from tests.campaigns.cluster import Cluster
from tests.campaigns.programs import Starter, is_ready, wait_until
from tests.campaigns.running import Say
from tests.campaigns.senders import Book
from tests.campaigns.town import Town
from tests.campaigns.trap import Calls, Trap, needs_trap
from tests.databases import NoServer

pytestmark = needs_trap

#: its log is written and synced by whichever of its processes commits; its answers tell of that
KINDS = (Calls.SYNC, Calls.WRITE, Calls.SEND)
#: once it is back, the server says so within this many seconds
RECOVERS_SECONDS = 20
#: one life in so many loses a single process, and PostgreSQL begins anew by itself
ALONE = 4


@pytest.fixture
def beneath() -> Iterator[tuple[Cluster, Trap]]:
    """A PostgreSQL of this test's own, and a trap for its processes alone."""
    # a folder that its user may read
    with tempfile.TemporaryDirectory(prefix="rg-trap-") as folder:
        Path(folder).chmod(0o755)
        trap = Trap(Path(folder))
        try:
            with cluster.running(trap.environment) as made:
                yield made, trap
        except NoServer as none:
            pytest.skip(str(none))


def test_a_database_killed_at_a_few_points(
    starter: Starter, a_town: Callable[..., Town], beneath: tuple[Cluster, Trap], say: Say
) -> None:
    """Killed before a sync, within a write and before an answer, it has all that was acknowledged when it is back."""
    assert kill_databases(starter, a_town(beneath[0].url), *beneath, points([3, 10, 20]), say) == 3


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_database_killed_at_every_point(
    starter: Starter, a_town: Callable[..., Town], beneath: tuple[Cluster, Trap], size: Callable[[str], int], say: Say
) -> None:
    """At each of so many calls it is killed; server and worker live on and go on."""
    first, many = size("first-kill-point"), size("kill-points")
    town = a_town(beneath[0].url, size("campaign-seed"))

    killed = kill_databases(starter, town, *beneath, points(range(first, first + many)), say)

    say(f"PostgreSQL killed at {killed} of {many} points, {len(town.orders)} orders")
    assert killed == many


def points(numbers: Sequence[int]) -> list[tuple[Calls, int, bool]]:
    """For each number a kind of call in turns, which call of that kind, and whether only that process is killed."""
    return [(KINDS[one % len(KINDS)], one // len(KINDS) + 1, one % ALONE == ALONE - 1) for one in numbers]


def kill_databases(
    starter: Starter, town: Town, postgresql: Cluster, trap: Trap, where: Sequence[tuple[Calls, int, bool]], say: Say
) -> int:
    """One life of PostgreSQL for each point, under one server and one worker that outlive them; how many ended there."""
    book, source, killed = Book(), senders.Source(town), 0
    worker = starter.start("worker", environment=town.environment)
    with running.serving(starter, town) as (server, port), senders.under_load(port, source, book, clients=4):
        for life, (calls, number, alone) in enumerate(where):
            if life % 10 == 9:
                say(f"life {life + 1} of {len(where)}: {calls.name} {number}, {len(book.acknowledged)} acknowledged")
            trap.kill_at(number, calls, group=0 if alone else postgresql.pid)
            wait_until(lambda: trap.happened > 0, seconds=RECOVERS_SECONDS, lives=[server, worker])
            trap.clear()
            killed += 1
            if not alone:
                postgresql.bury()
                postgresql.start()
            wait_until(lambda: is_ready(port), seconds=RECOVERS_SECONDS, lives=[server, worker])
            _wait_for_more(book, 5)
            town.leases_end()
            checks.nothing_acknowledged_is_missing(town, book)
            checks.is_whole(town.runtime.database)
    assert set(book.statuses) <= {200, 503}, book.statuses
    assert not book.without_retry_after
    with running.serving(starter, town) as (_, port):
        senders.deliver_all(port, [*book.unanswered(), *source.left()], book)
    running.stop_at_rest(worker, town)
    checks.nothing_is_doubled(town)
    checks.is_whole(town.runtime.database)
    checks.all_is_told(town, town.orders)
    checks.offers_and_money_agree(town)
    return killed


def _wait_for_more(book: Book, deliveries: int) -> None:
    wanted, ends = len(book.acknowledged) + deliveries, time.monotonic() + RECOVERS_SECONDS
    while len(book.acknowledged) < wanted:
        assert time.monotonic() < ends, "deliveries are not kept again"
        time.sleep(0.02)
