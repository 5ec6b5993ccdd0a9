"""Told to stop under load, server and worker finish or give back what they have, and end in time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.campaigns import checks, running, senders
from tests.campaigns.programs import Starter
from tests.campaigns.running import Say
from tests.campaigns.senders import Book
from tests.campaigns.town import Town

#: a service manager kills after half a minute
LIMIT_SECONDS = 25.0


def test_a_few_stops(starter: Starter, a_town: Callable[..., Town], database_url: str) -> None:
    """Stopped twice under load: exit code 0 in time, everything acknowledged is there, all of it once."""
    stop_and_start(starter, a_town(database_url), times=2)


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_many_stops(
    starter: Starter, a_town: Callable[..., Town], database_url: str, size: Callable[[str], int], say: Say
) -> None:
    """The same, fifty times at moments that nobody chose."""
    longest = stop_and_start(
        starter, a_town(database_url, size("campaign-seed")), times=size("stops"), clients=8, say=say
    )
    say(f"{size('stops')} stops, the longest took {longest:.1f} s")


def stop_and_start(starter: Starter, town: Town, *, times: int, clients: int = 3, say: Say | None = None) -> float:
    """So many lives of a server with its worker inside, each ended by SIGTERM; the longest end in seconds."""
    book, source, longest = Book(), senders.Source(town), 0.0
    for life in range(times):
        town.leases_end()
        with (
            running.serving(starter, town, worker_inside=True) as (server, port),
            senders.under_load(port, source, book),
        ):
            time.sleep(town.rng.uniform(0.1, 1.0))
            told = time.monotonic()
            server.terminate()
            status = server.wait(2 * LIMIT_SECONDS)
            took = time.monotonic() - told
        assert (status, took < LIMIT_SECONDS) == (0, True), f"{status} after {took:.1f} s:\n{server.words()}"
        longest = max(longest, took)
        if say and life % 10 == 9:
            say(f"stop {life + 1} of {times}: {len(book.acknowledged)} acknowledged")
        checks.nothing_acknowledged_is_missing(town, book)
    assert set(book.statuses) <= {0, 200, 503}, book.statuses
    assert book.acknowledged
    with running.serving(starter, town) as (_, port):
        senders.deliver_all(port, [*book.unanswered(), *source.left()], book)
    running.bring_to_rest(starter, town)
    checks.nothing_is_doubled(town)
    checks.is_whole(town.runtime.database)
    checks.all_is_told(town, town.orders)
    checks.offers_and_money_agree(town)
    return longest
