"""What a batch of deliveries costs the database: as many statements as a small one, each table written once."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import Pool

from plugin.worker import inbox_step
from storage import inbox
from storage.engine import Database
from storage.tables import snapshots
from tests.campaigns import checks, town
from tests.campaigns.town import Town
from tests.statements import counted

UPSERTS = re.compile(r"\bINSERT INTO \"?(\w+)")
#: what the store told, and what follows from it for each customer; lines of orders go past the library on PostgreSQL
FACTS = {"orders", "refunds", "customers", "snapshots"}
#: stands for whatever could not be done with one customer's orders
FAULT = """CREATE TRIGGER fault BEFORE INSERT ON orders WHEN NEW.customer_id = '{customer}'
           BEGIN SELECT RAISE(ABORT, 'cannot be recorded'); END"""
#: in pages
ROOM_FOR_CLAIMS = 2
#: a payload may leave its currency out
NAMED = re.compile(rb'"USD"')


def taken_in(opened: Town, purchases: int) -> tuple[int, list[str]]:
    """How many deliveries one step took in, and what it asked the database."""
    told = opened.live(purchases)
    opened.put_into_inbox(told)
    with counted() as seen:
        count = inbox_step.run(opened.runtime)
    assert count == min(len(told), inbox_step.BATCH)
    while inbox_step.run(opened.runtime):
        pass
    return count, seen


@contextmanager
def full(database: Database) -> Iterator[None]:
    """A SQLite file that can hardly grow: claims fit into it, a batch does not."""
    with database.reading() as db:
        pages = db.exec_driver_sql("PRAGMA page_count").scalar_one() + ROOM_FOR_CLAIMS

    def keep_small(connection: Any, _record: object, _proxy: object) -> None:
        connection.execute(f"PRAGMA max_page_count={pages}").close()

    event.listen(Pool, "checkout", keep_small)
    try:
        yield
    finally:
        event.remove(Pool, "checkout", keep_small)


def test_a_batch_is_as_many_statements_as_a_small_one(database: Database, database_url: str, tmp_path: Path) -> None:
    """A hundred deliveries, read, recorded, measured and decided: each table is put into once, customers' measures as well."""
    with town.opened(tmp_path, database_url, seed=3) as opened:
        taken_in(opened, 60)
        _, few = taken_in(opened, 30)
        count, many = taken_in(opened, 120)
        with database.reading() as db:
            measured = db.execute(select(snapshots.c.customer_id)).all()

    put = Counter(found[1] for found in map(UPSERTS.search, many) if found)
    assert count == inbox_step.BATCH
    assert put == dict.fromkeys(put, 1)
    assert put.keys() >= FACTS
    assert len(many) <= len(few) + 2, (few, many)
    assert len(measured) > 50


def test_a_full_disk_is_not_the_deliveries_fault(sqlite_database: Database, sqlite_url: str, tmp_path: Path) -> None:
    """However often the database has no room, nothing is set aside; with room again everything is taken in by itself."""
    with town.opened(tmp_path, sqlite_url, seed=4) as opened:
        opened.put_into_inbox(opened.live(12))
        with full(sqlite_database):
            for _ in range(inbox_step.ATTEMPTS + 1):
                with suppress(OperationalError):
                    inbox_step.run(opened.runtime)
                opened.leases_end()
        with sqlite_database.reading() as db:
            assert inbox.count_aside(db, opened.shop_id) == 0
        assert inbox_waiting(sqlite_database) > 0

        # connections begin anew with the usual bound
        opened.runtime.database.close()
        while inbox_step.run(opened.runtime):
            pass

        assert inbox_waiting(sqlite_database) == 0
        checks.all_is_told(opened, opened.orders)


def test_beside_poison_no_delivery_loses_its_currency(
    sqlite_database: Database, sqlite_url: str, tmp_path: Path
) -> None:
    """A batch that has to be tried in pieces is read in the shop's currency to the last piece; only the poison is set aside."""
    with town.opened(tmp_path, sqlite_url, seed=5) as opened:
        told = [one for one in opened.live(60) if one.topic == "orders/create"]
        poison = json.loads(told[0].body)["customer"]["id"]
        with sqlite_database.transaction() as db:
            db.exec_driver_sql(FAULT.format(customer=poison))
        silent = [replace(one, body=NAMED.sub(b"null", one.body)) for one in told]
        assert b'"USD"' not in b"".join(one.body for one in silent)

        opened.put_into_inbox(silent)
        for _ in range(inbox_step.ATTEMPTS):
            while inbox_step.run(opened.runtime):
                pass
        with sqlite_database.reading() as db:
            reasons = {one.reason for one in inbox.aside(db, opened.shop_id, limit=100)}

    assert reasons == {"IntegrityError while it was recorded"}


def inbox_waiting(database: Database) -> int:
    with database.reading() as db:
        return inbox.waiting(db)
