"""Changing the rules keeps every version, and of two who change one version the second is told."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest

from plugin.rewards.program import Program
from plugin.rewards.propose import propose, with_win_back_on
from plugin.rewards.stored import from_stored
from plugin.usecases import change_program
from plugin.usecases.change_program import Conflict, NothingToUndo
from storage import programs
from storage.engine import Database

NOW = datetime(2026, 6, 1, tzinfo=UTC)
PLAIN = propose(currency="USD", spends_365d=[], order_values=[], monthly_revenue=0)
WITH = with_win_back_on(PLAIN)


def saved(database: Database, shop_id: int, program: Program, base_version: int) -> int:
    """Saves in a transaction of its own."""
    with database.transaction() as db:
        return change_program.save(
            db, shop_id=shop_id, program=program, author="a", note="", now=NOW, base_version=base_version
        )


def undone(database: Database, shop_id: int, base_version: int) -> int:
    """Undoes in a transaction of its own."""
    with database.transaction() as db:
        return change_program.undo(db, shop_id=shop_id, author="a", now=NOW, base_version=base_version)


def test_versions_are_appended_and_undo_is_one_of_them(database: Database, shop_id: int) -> None:
    """Save, save, undo leaves three rows, the third equal to the first."""
    versions = [saved(database, shop_id, PLAIN, 0), saved(database, shop_id, WITH, 1), undone(database, shop_id, 2)]
    with database.reading() as db:
        kept = [from_stored(version.body) for version in programs.history(db, shop_id)]

    assert versions == [1, 2, 3]
    assert kept == [PLAIN, WITH, PLAIN]


def test_a_stale_base_is_a_conflict_that_shows_what_is_in_force(database: Database, shop_id: int) -> None:
    """Nothing is written."""
    saved(database, shop_id, PLAIN, 0)
    with pytest.raises(Conflict) as conflict:
        saved(database, shop_id, WITH, 0)

    assert conflict.value.current is not None
    assert conflict.value.current.version == 1


def test_the_first_version_has_nothing_before_it(database: Database, shop_id: int) -> None:
    """An undo says so."""
    saved(database, shop_id, PLAIN, 0)
    with pytest.raises(NothingToUndo):
        undone(database, shop_id, 1)


def test_of_many_who_save_at_once_one_wins(database: Database, shop_id: int) -> None:
    """Eight saves from the same version at the same time leave one new version and seven conflicts."""
    saved(database, shop_id, PLAIN, 0)
    outcomes: list[str] = []

    def save() -> None:
        try:
            saved(database, shop_id, WITH, 1)
            outcomes.append("saved")
        except Conflict:
            outcomes.append("told")

    threads = [threading.Thread(target=save) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(outcomes) == ["saved", *["told"] * 7]
