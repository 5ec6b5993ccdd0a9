"""Killed with SIGKILL at the n-th sync, write, send or answer to a COMMIT: all that was acknowledged is there, once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

import pytest

from plugin.sandbox.deliveries import Outgoing
from tests.campaigns import checks, running, senders
from tests.campaigns.programs import Program, Starter, wait_until
from tests.campaigns.running import Say
from tests.campaigns.senders import Book
from tests.campaigns.town import Town
from tests.campaigns.trap import Calls, Trap, needs_trap

pytestmark = needs_trap

PURCHASES_PER_LIFE = 12
#: SQLite's files are written by the program itself; PostgreSQL does that in its own processes (``test_killed_database``)
KINDS = {"sqlite": (Calls.SYNC, Calls.WRITE, Calls.SEND), "postgresql": (Calls.SEND, Calls.ASKED, Calls.TOLD)}


def points(dialect: str, numbers: Sequence[int]) -> list[tuple[Calls, int]]:
    """For each number a kind of call, in turns, and which call of that kind."""
    kinds = KINDS[dialect]
    return [(kinds[number % len(kinds)], number // len(kinds) + 1) for number in numbers]


def test_a_server_killed_at_a_few_points(
    starter: Starter, trapped: Trap, a_town: Callable[..., Town], database_url: str, say: Say
) -> None:
    """Killed at early and at later calls, the server has kept all that it acknowledged."""
    killed = kill_servers(starter, trapped, a_town(database_url), points(_dialect(database_url), [3, 10, 23]), say)

    assert killed == 3


def test_a_worker_killed_at_a_few_points(
    starter: Starter, trapped: Trap, a_town: Callable[..., Town], database_url: str, say: Say
) -> None:
    """Killed at early and at later calls, the worker has done everything once in the end."""
    killed = kill_workers(starter, trapped, a_town(database_url), points(_dialect(database_url), [6, 16, 29, 61]), say)

    assert killed == 4


@pytest.mark.parametrize("calls", [Calls.ASKED, Calls.TOLD])
def test_a_commit_nobody_was_told_of(
    starter: Starter, trapped: Trap, a_town: Callable[..., Town], fresh_postgresql_url: str, calls: Calls
) -> None:
    """Killed between a COMMIT and the answers of 200, the server has kept more than it acknowledged; sent again, that is once."""
    town, book = a_town(fresh_postgresql_url), Book()
    with running.serving(starter, town) as (server, port), senders.under_load(port, senders.Source(town), book):
        # whose store this is has been looked up by then: from now on commits are of deliveries
        wait_until(lambda: len(book.acknowledged) > 5, lives=[server])
        trapped.kill_at(3, calls, group=server.pid)
        server.ended.wait(running.REST_SECONDS)
    assert trapped.happened
    trapped.clear()
    told = {senders.name(number) for number in book.acknowledged}
    # where the answer was not awaited yet, the database has the commit before it still
    wait_until(lambda: bool(checks.kept(town.runtime.database) - told), seconds=10)
    checks.nothing_acknowledged_is_missing(town, book)

    with running.serving(starter, town) as (_, port):
        senders.deliver_all(port, book.unanswered(), book)

    assert checks.kept(town.runtime.database) == {senders.name(number) for number in book.sent}
    checks.nothing_is_doubled(town)


def test_a_server_that_acknowledges_first_is_caught(
    starter: Starter, trapped: Trap, a_town: Callable[..., Town], sqlite_url: str
) -> None:
    """A door that commits after its answer loses deliveries when it is killed, and the campaign says so."""
    town, book = a_town(sqlite_url), Book()
    with running.mistaken(starter, town, "early") as (server, port):
        trapped.kill_at(30, Calls.SEND, group=server.pid)
        with senders.under_load(port, senders.Source(town), book):
            server.ended.wait(running.REST_SECONDS)

    assert trapped.happened
    with pytest.raises(AssertionError, match="acknowledged are missing"):
        checks.nothing_acknowledged_is_missing(town, book)


def kill_servers(starter: Starter, trap: Trap, town: Town, where: Sequence[tuple[Calls, int]], say: Say) -> int:
    """One life of the server for each point, all on one database; how many ended there."""
    book, source, killed = Book(), senders.Source(town), 0
    for life, (calls, number) in enumerate(where):
        if life % 10 == 9:
            say(f"life {life + 1} of {len(where)}: {calls.name} {number}")
        with running.serving(starter, town) as (server, port):
            trap.kill_at(number, calls, group=server.pid)
            with senders.under_load(port, source, book):
                server.ended.wait(running.REST_SECONDS)
        killed += trap.happened
        trap.clear()
        checks.nothing_acknowledged_is_missing(town, book)
        checks.is_whole(town.runtime.database)
    with running.serving(starter, town) as (_, port):
        senders.deliver_all(port, book.unanswered(), book)
    assert set(book.statuses) <= {0, 200}, book.statuses
    assert checks.kept(town.runtime.database) == {senders.name(number) for number in book.sent}
    checks.nothing_is_doubled(town)
    return killed


def kill_workers(starter: Starter, trap: Trap, town: Town, where: Sequence[tuple[Calls, int]], say: Say) -> int:
    """One life of the worker for each point, all on one database; how many ended there."""
    killed = 0
    for life, (calls, number) in enumerate(where):
        if life % 10 == 9:
            say(f"life {life + 1} of {len(where)}: {calls.name} {number}")
        worker = starter.start("worker", environment=town.environment)
        trap.kill_at(number, calls, group=worker.pid)
        _busy_until_dead(town, worker)
        worker.end()
        killed += trap.happened
        trap.clear()
        town.leases_end()
        checks.is_whole(town.runtime.database)
        checks.nothing_is_doubled(town)
    running.bring_to_rest(starter, town)
    checks.all_is_told(town, town.orders)
    checks.offers_and_money_agree(town)
    return killed


def _busy_until_dead(town: Town, worker: Program) -> None:
    """Gives the worker something to do as often as it has nothing left."""
    ends = time.monotonic() + running.REST_SECONDS
    while not worker.ended.is_set() and time.monotonic() < ends:
        told: list[Outgoing] = town.live(PURCHASES_PER_LIFE)
        town.put_into_inbox(told)
        rests = time.monotonic() + 20
        while town.waiting() and not worker.ended.is_set() and time.monotonic() < rests:
            time.sleep(0.02)


def _dialect(url: str) -> str:
    return "sqlite" if url.startswith("sqlite") else "postgresql"


@pytest.mark.soak
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("who", [kill_servers, kill_workers])
def test_killed_at_every_point(
    starter: Starter,
    trapped: Trap,
    a_town: Callable[..., Town],
    database_url: str,
    size: Callable[[str], int],
    say: Say,
    who: Callable[..., int],
) -> None:
    """At each of so many calls, one life ends; the next goes on with what it left."""
    first, many = size("first-kill-point"), size("kill-points")
    town = a_town(database_url, size("campaign-seed"))

    killed = who(starter, trapped, town, points(_dialect(database_url), range(first, first + many)), say)

    say(f"{who.__name__}, {_dialect(database_url)}: {killed} lives ended at {many} points, {len(town.orders)} orders")
    assert killed == many
