"""Dead discounts are found through an index of their own, however many offers there ever were."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Engine, event

from storage import removals
from storage.engine import Database
from tests.storage.worlds import START, new_shop


def test_what_may_be_removed_is_found_by_its_own_index(sqlite_database: Database) -> None:
    """Neither all offers are walked through, nor all that ever ended."""
    with sqlite_database.transaction() as db:
        shop_id = new_shop(db)
        asked: list[tuple[str, Any]] = []

        def note(_db: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
            asked.append((statement, parameters))

        event.listen(Engine, "before_cursor_execute", note)
        removals.due(db, shop_id, ended_before=START, after="", limit=1)
        event.remove(Engine, "before_cursor_execute", note)
        [(statement, parameters)] = asked
        plan = [row[-1] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert any("ix_offers_to_remove (shop_id=? AND ends_at<?)" in step for step in plan)
