"""Told to stop under load, server and worker finish or give back what they have, and end in time."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from tests.campaigns import checks, running, senders
from tests.campaigns.programs import Starter
from tests.campaigns.running import Say
from tests.campaigns.senders import Book, Postman
from tests.campaigns.test_busy import held
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


@pytest.mark.soak
@pytest.mark.timeout(300)
@pytest.mark.parametrize("separate", [False, True], ids=["server", "worker"])
def test_a_stop_while_the_database_is_held(
    starter: Starter, a_town: Callable[..., Town], database_url: str, say: Say, *, separate: bool
) -> None:
    """Whoever waits for what nobody gives back ends in time as well; what was acknowledged is there."""
    town, book = a_town(database_url), Book()
    first, second, *_ = town.live(4)
    with ExitStack() as stack:
        if separate:
            town.put_into_inbox([first, second])
            stack.enter_context(held(town))
            program = starter.start("worker", environment=town.environment)
            time.sleep(3)
        else:
            program, port = stack.enter_context(running.serving(starter, town, worker_inside=True))
            senders.deliver_all(port, [first], book)
            stack.enter_context(held(town))
            postman = Postman(port, book)
            stack.callback(postman.close)
            assert postman.deliver(second) == 503
        told = time.monotonic()
        program.terminate()
        status = program.wait(2 * LIMIT_SECONDS)
        took = time.monotonic() - told
    say(f"{program.log}: ended with {status} after {took:.1f} s")
    assert took < LIMIT_SECONDS
    checks.nothing_acknowledged_is_missing(town, book)


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
