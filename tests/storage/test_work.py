"""How much work the database is given: statements counted, plans read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, Engine, event, text

from storage import claims, gauges, inbox, offers, orders, shops, snapshots
from storage.engine import Database
from storage.facts import LineFact, RefundFact
from storage.tables import inbox as inbox_table
from tests.statements import counted
from tests.storage import filled
from tests.storage.worlds import START, new_shop, order


def note_copies(db: Connection, sent: list[str]) -> None:
    """What PostgreSQL is sent as a copy passes the library by, so the driver's own cursors tell of it."""

    class Noting(psycopg.RawCursor[Any]):
        def copy(self, statement: Any, *rest: Any, **more: Any) -> Any:
            sent.append(str(statement))
            return super().copy(statement, *rest, **more)

    driver: Any = db.connection.driver_connection
    driver.cursor_factory = Noting


def test_a_batch_is_as_many_statements_as_a_single_order(database: Database, shop_id: int):
    """Each table is read and written once per batch, however many orders it holds."""
    with database.transaction() as db:
        sizes = []
        for size in (1, 300):
            ids = [f"{size}-{number}" for number in range(size)]
            line = LineFact(line_id="l", product_id=None, variant_id=None, quantity=1, total_minor=1)
            told = [order(one, f"c{one}", lines=(line,)) for one in ids]
            refunds = [
                RefundFact(refund_id="r", order_id=one, refunded_at=START, amount_minor=1, currency="EUR")
                for one in ids
            ]
            with counted() as sent:
                if db.dialect.name == "postgresql":
                    note_copies(db, sent)
                orders.record_many(db, shop_id, told, refunds)
            sizes.append([statement for statement in sent if "advisory" not in statement])
        assert len(sizes[0]) == len(sizes[1])
        written = Counter(
            statement.removeprefix("INSERT INTO ").removeprefix("COPY ").split()[0]
            for statement in sizes[1]
            if statement.startswith(("INSERT", "COPY"))
        )
        assert written == {"orders": 1, "order_lines": 1, "refunds": 1}


def test_deliveries_of_many_shops_are_one_statement(database: Database):
    """A group of deliveries is kept in one go."""
    with database.transaction() as db:
        ids = [new_shop(db) for _ in range(20)]
        with counted() as sent:
            assert all(inbox.keep(db, [filled.delivery(shop_id, number) for number, shop_id in enumerate(ids)]))
        assert len(sent) == 1


SEARCHES: dict[str, Callable[[Connection, int], object]] = {
    "shops due": lambda db, _shop: shops.due(db, START),
    "customers due": lambda db, shop: snapshots.due(db, shop, START, 10),
    "offers ended": lambda db, shop: offers.ended(db, shop, START, 10),
    "offers by code": lambda db, shop: offers.by_codes(db, shop, ["A", "B"]),
    "offers of customers": lambda db, shop: offers.of_customers(db, shop, ["a", "b"]),
    "purchases of customers": lambda db, shop: orders.purchases(db, shop, customer_ids=["a", "b"]),
    "orders": lambda db, shop: orders.with_codes(db, shop, ["a", "b"]),
    "set aside": inbox.aside,
    "gauges": lambda db, _shop: gauges.read(db),
    "calls by key": lambda db, _shop: gauges.calls(db, begins="over/"),
    "claim": lambda db, _shop: claims.claim(db, inbox_table, now=START, limit=10, lease_seconds=1),
}


@pytest.mark.parametrize("search", SEARCHES.values(), ids=list(SEARCHES))
def test_what_is_asked_often_is_found_by_an_index(
    sqlite_database: Database, search: Callable[[Connection, int], object]
):
    """Nothing that is asked for every delivery or every minute reads a whole table, or a whole shop's rows."""
    with sqlite_database.transaction() as db:
        shop_id = new_shop(db)
        filled.fill(db, shop_id, range(3))
        asked: list[tuple[str, Any]] = []

        def note(_db: Any, _cursor: Any, statement: str, parameters: Any, *_rest: Any) -> None:
            asked.append((statement, parameters))

        event.listen(Engine, "before_cursor_execute", note)
        search(db, shop_id)
        event.remove(Engine, "before_cursor_execute", note)
        for statement, parameters in asked:
            plan = [row[-1] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
            scans = [step for step in plan if step.startswith("SCAN") and not step.startswith(SMALL)]
            assert scans == []
            searches = [step for step in plan if step.startswith("SEARCH") and not any(map(step.count, NARROW))]
            assert all(step.count("=?") + step.count("<?") + step.count(">?") >= 2 for step in searches)


#: what a statement makes itself, and the shops, of which there are few
SMALL = ("SCAN shops", "SCAN anon", "SCAN given")
#: by the row's own number, by the shop's, or by an index that holds nothing else but what is asked for
NARROW = (
    "rowid=?",
    "SEARCH shops",
    "ix_inbox_set_aside",
    "ix_inbox_waiting",
    "ix_outbox_waiting",
    "ix_outbox_given_up",
    "ix_inbox_forget",
)


def test_a_backlog_does_not_slow_the_claim(sqlite_database: Database):
    """The plan of a claim reads as many rows as it takes, not all that wait."""
    with sqlite_database.transaction() as db:
        shop_id = new_shop(db)
        inbox.keep(db, [filled.delivery(shop_id, number) for number in range(3000)])
        steps: list[int] = []
        raw = db.connection.dbapi_connection
        assert raw is not None
        raw.set_progress_handler(lambda: steps.append(1) or 0, 1000)
        inbox.claim(db, now=START, limit=10, lease_seconds=1)
        raw.set_progress_handler(None, 0)
        assert len(steps) < 10
        assert (
            db.execute(text("SELECT count(*) FROM inbox WHERE shop_id = :shop"), {"shop": shop_id}).scalar_one() == 3000
        )
