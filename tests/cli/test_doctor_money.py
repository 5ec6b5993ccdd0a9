"""The doctor sees books that do not add up."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from storage import budgets
from storage.budgets import Cause
from storage.engine import Database
from tests.cli.conftest import Regulars


def test_a_month_changed_from_outside_is_named(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """A counter that somebody changed by hand, with the database's rules off, is told with its month; before, nothing."""
    path = tmp_path / "shop.db"
    database = Database(f"sqlite:///{path}")
    with database.transaction() as db:
        cause = Cause("reserve/one", datetime(2026, 3, 1, tzinfo=UTC))
        assert budgets.reserve(db, 1, month="2026-03", amount=500, cap=1_000, cause=cause)
    database.close()
    before = regulars("doctor").out
    with closing(sqlite3.connect(path)) as by_hand:
        by_hand.execute("UPDATE budgets SET reserved_minor = 400 WHERE shop_id = 1")
        by_hand.commit()
    after = regulars("doctor")

    assert f"money of {shop}" not in before
    assert f"FAIL money of {shop}: of 2026-03, the sum of the moves is not what the month holds" in after.out
    assert after.code == 1
