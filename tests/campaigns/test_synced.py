"""No delivery is acknowledged before its commit was synced: seen from outside, call by call, in the order of the system."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager

import pytest

from tests.campaigns import checks, cluster, running, senders
from tests.campaigns.programs import Program, Starter
from tests.campaigns.senders import Book
from tests.campaigns.town import Town, name
from tests.campaigns.trap import Note, Trap, needs_trap
from tests.databases import NoServer

pytestmark = needs_trap

PURCHASES = 60


def test_each_answer_comes_after_the_sync_of_its_commit(
    starter: Starter, trapped: Trap, a_town: Callable[..., Town], sqlite_url: str
) -> None:
    """For every 200 there was a page with that delivery in the log, and after it a sync, and only then the answer."""
    _answers_come_late_enough(starter, trapped, a_town(sqlite_url))


def test_each_answer_comes_after_the_sync_of_postgresql(
    starter: Starter, trapped: Trap, a_town: Callable[..., Town]
) -> None:
    """The same of a PostgreSQL, whose own processes write and sync its log; one that does not sync is seen to be one."""
    try:
        with cluster.running(trapped.environment) as postgresql:
            town = a_town(postgresql.url)
            _answers_come_late_enough(starter, trapped, town)

            town.runtime.database.run_alone("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()")
            wrong, _ = _noted(running.serving(starter, town), trapped, town)
            assert too_early(wrong)
    except NoServer as none:
        pytest.skip(str(none))


def _answers_come_late_enough(starter: Starter, trap: Trap, town: Town) -> None:
    notes, book = _noted(running.serving(starter, town), trap, town)

    assert too_early(notes) == []
    assert _answered(notes) == {name(number) for number in book.acknowledged}
    assert {note.delivery for note in notes if note.what == "W"} >= {name(one) for one in book.acknowledged}


@pytest.mark.parametrize("mistake", ["unsynced", "early"])
def test_answers_without_a_sync_are_caught(
    starter: Starter, trapped: Trap, a_town: Callable[..., Town], sqlite_url: str, mistake: str
) -> None:
    """A server that does not wait for the disk, or not for the commit, is seen to be one; the same door without it is not."""
    town = a_town(sqlite_url)
    wrong, _ = _noted(running.mistaken(starter, town, mistake), trapped, town)
    right, _ = _noted(running.mistaken(starter, town, "blocking"), trapped, town)

    assert too_early(wrong)
    assert too_early(right) == []


def too_early(notes: Iterable[Note]) -> list[str]:
    """The deliveries that were answered 200 before a sync had followed their pages."""
    written: set[str] = set()
    synced: set[str] = set()
    heard: dict[int, str] = {}
    early = []
    for note in notes:
        if note.what == "R":
            heard[note.file] = note.delivery
        elif note.what == "W":
            written.add(note.delivery)
        elif note.what == "Y":
            synced |= written
            written.clear()
        elif note.file in heard and (delivery := heard.pop(note.file)) not in synced:
            early.append(delivery)
    return early


def _answered(notes: Iterable[Note]) -> set[str]:
    heard: dict[int, str] = {}
    answered = set()
    for note in notes:
        if note.what == "R":
            heard[note.file] = note.delivery
        elif note.what == "A" and note.file in heard:
            answered.add(heard.pop(note.file))
    return answered


def _noted(server: AbstractContextManager[tuple[Program, int]], trap: Trap, town: Town) -> tuple[list[Note], Book]:
    book = Book()
    with server as (_, port):
        trap.note()
        senders.deliver_all(port, town.live(PURCHASES), book)
        notes = trap.notes()
        trap.clear()
    checks.nothing_is_doubled(town)
    assert len(book.acknowledged) > PURCHASES
    return notes, book
