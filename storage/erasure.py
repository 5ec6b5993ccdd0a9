"""Forgets a customer or a whole shop, in every table, and scrubs what files and logs still hold of them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Connection, Delete, Select, Table, bindparam, delete, func, or_, select, update

from storage import ledger, locks
from storage.claims import EVERY_SHOP
from storage.columns import to_text
from storage.engine import Database
from storage.tables import (
    customers,
    decisions,
    erasures,
    inbox,
    known_orders,
    metadata,
    notes,
    offers,
    orders,
    outbox,
    redemptions,
    refunds,
    snapshots,
)
from storage.upserts import among, among_later, listed, put_new

AT_ONCE = 500
#: a shorter id could be any number, and is looked for only where a field's name says that it is an id
SHORTEST_CLEAR_ID = 6
ANY_ERASED = select(erasures.c.fingerprint).where(erasures.c.shop_id == bindparam("shop")).limit(1)
#: a number in the header of a SQLite file, in whose transactions it takes part: erasures since the last scrub
MARKS = "PRAGMA user_version"
#: from so many ids on, the words of the bytes are looked up among them
MANY_IDS = 50
WORD = re.compile(rb"[0-9A-Za-z]+")


def erase_customer(
    db: Connection,
    shop_id: int,
    customer_id: str,
    *,
    fingerprint: str,
    needles: Sequence[bytes],
    now: datetime,
    order_ids: Collection[str] = (),
    of_order: Callable[[str], str] | None = None,
) -> int:
    """Removes a customer and everyone merged with them from every table; how many rows were removed or emptied.

    A kept delivery or a planned effect that contains one of ``needles`` (the e-mail address, a spelling of the id) or
    one of the ids is emptied or removed; deliveries not yet worked on count as done. Orders named by ``order_ids`` go
    too, unless they belong to somebody else. ``fingerprint`` stays behind, and ``of_order`` of each order that went;
    ``erased`` answers both. No byte is left once the transaction is over and ``scrub`` has run.
    """
    for room in ("orders", "customers"):
        locks.take(db, shop_id, room)
    people = _family(db, shop_id, customer_id)
    bought = _ids(db, shop_id, orders, orders.c.order_id, among(db, orders.c.customer_id, people))
    bought = sorted({*bought, *_of_nobody_else(db, shop_id, order_ids, people)})
    offered = _ids(db, shop_id, offers, offers.c.offer_id, among(db, offers.c.customer_id, people))
    mentions = _finder([*people, *bought], needles)
    called = _finder([*people, *bought, *offered], needles)
    removed = _empty_deliveries(db, shop_id, mentions, now) + _remove_effects(db, shop_id, called)
    used = or_(among(db, redemptions.c.offer_id, offered), among(db, redemptions.c.order_id, bought))
    removed += _remove(db, shop_id, redemptions, used)
    ledger.forget(db, shop_id, offered, bought)
    removed += _remove(db, shop_id, refunds, among(db, refunds.c.order_id, bought))
    removed += _remove(db, shop_id, orders, among(db, orders.c.order_id, bought))
    told = or_(among(db, known_orders.c.customer_id, people), among(db, known_orders.c.order_id, bought))
    removed += _remove(db, shop_id, known_orders, told)
    for table in (offers, snapshots, decisions, notes, customers):
        removed += _remove(db, shop_id, table, among(db, table.c.customer_id, people))
    marks = {fingerprint, *(map(of_order, bought) if of_order else ())}
    _leave_mark(db)
    rows = [{"shop_id": shop_id, "fingerprint": mark, "erased_at": now} for mark in sorted(marks)]
    put_new(db, erasures, rows, returning=(erasures.c.fingerprint,))
    return removed


def erase_shop(db: Connection, shop_id: int) -> int:
    """Removes a shop and everything of it, the delivery that asked for it included; how many rows."""
    for room in ("orders", "customers"):
        locks.take(db, shop_id, room)
    _leave_mark(db)
    return sum(db.execute(statement, {"shop": shop_id}).rowcount for statement in _all_of_a_shop())


def any_erased(db: Connection, shop_id: int) -> bool:
    """Whether a customer or an order of this shop was ever erased."""
    return db.execute(ANY_ERASED, {"shop": shop_id}).first() is not None


def erased(db: Connection, shop_id: int, fingerprints: Collection[str]) -> set[str]:
    """Those of these fingerprints whose customers or orders were erased: nothing of them may be kept again."""
    given = {"shop": shop_id, "wanted": listed(db, fingerprints)}
    return set(db.execute(_erased(db.dialect.name), given).scalars())


def newest(db: Connection) -> datetime | None:
    """When a customer was erased last, of any shop."""
    moment: datetime | None = db.execute(select(func.max(erasures.c.erased_at)).prefix_with(EVERY_SHOP)).scalar_one()
    return moment


@cache
def _all_of_a_shop() -> list[Delete]:
    """Children first."""
    return [delete(table).where(table.c.shop_id == bindparam("shop")) for table in reversed(metadata.sorted_tables)]


@cache
def _erased(dialect: str) -> Select[Any]:
    mine = (erasures.c.shop_id == bindparam("shop"), among_later(dialect, erasures.c.fingerprint, "wanted"))
    return select(erasures.c.fingerprint).where(*mine)


def scrub(database: Database) -> bool:
    """Leaves no byte of what was removed in the files; outside of a transaction. False: a reader held on, come again.

    On SQLite the file is written anew and the log cut to nothing. On PostgreSQL dead rows are given back; the server's
    own log and backups keep them until they expire.
    """
    if database.dialect == "postgresql":
        database.run_alone("VACUUM (ANALYZE)")
        return True
    marks, _written, checkpoint = database.run_alone(MARKS, "VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)")
    busy, _pages, _moved = checkpoint[0]
    if busy:
        return False
    with database.transaction() as db:
        # what was erased since is for the next time
        if db.exec_driver_sql(MARKS).scalar_one() == marks[0][0]:
            db.exec_driver_sql(f"{MARKS} = 0")
    return True


def unscrubbed(db: Connection) -> bool:
    """Whether the file may hold bytes of what was erased, whatever process did it; a server sees to its own files."""
    return db.dialect.name == "sqlite" and db.exec_driver_sql(MARKS).scalar_one() > 0


def _leave_mark(db: Connection) -> None:
    if db.dialect.name == "sqlite":
        marks = int(db.exec_driver_sql(MARKS).scalar_one())
        db.exec_driver_sql(f"{MARKS} = {marks % 2**30 + 1}")


def _family(db: Connection, shop_id: int, customer_id: str) -> set[str]:
    me = (customers.c.shop_id == shop_id, customers.c.customer_id == customer_id)
    head = db.execute(select(customers.c.merged_into).where(*me)).scalar_one_or_none() or customer_id
    same = or_(customers.c.customer_id == head, customers.c.merged_into == head)
    return {customer_id, head, *_ids(db, shop_id, customers, customers.c.customer_id, same)}


def _of_nobody_else(db: Connection, shop_id: int, order_ids: Collection[str], people: Collection[str]) -> set[str]:
    """Those of these orders that belong to one of these people, to a guest, or that are not known."""
    owned = among(db, orders.c.order_id, order_ids) & orders.c.customer_id.is_not(None)
    others = ~among(db, orders.c.customer_id, people)
    return set(order_ids) - set(_ids(db, shop_id, orders, orders.c.order_id, owned & others)) if order_ids else set()


def _ids(
    db: Connection, shop_id: int, table: Table, column: ColumnElement[str], which: ColumnElement[bool]
) -> list[str]:
    return list(db.execute(select(column).where(table.c.shop_id == shop_id, which)).scalars())


def _remove(db: Connection, shop_id: int, table: Table, which: ColumnElement[bool]) -> int:
    return db.execute(delete(table).where(table.c.shop_id == shop_id, which)).rowcount


def _finder(ids: Sequence[str], needles: Sequence[bytes]) -> Callable[[bytes], bool]:
    """Says whether bytes mention one of the ids or contain a needle.

    Few ids are looked for as plain words first, which is quick; of many, as of one who has ordered thousands of times,
    those of letters and digits are looked up among the words of the bytes, so that it takes no longer for more ids.
    """
    words = [one.encode() for one in ids if len(one) >= SHORTEST_CLEAR_ID]
    many = {word for word in words if word.isalnum()} if len(words) > MANY_IDS else set()
    words = [word for word in words if word not in many]
    alone = re.compile(rb"(?<![0-9A-Za-z])(?:" + b"|".join(map(re.escape, words)) + rb")(?![0-9A-Za-z])")
    short = b"|".join(re.escape(one.encode()) for one in ids if len(one) < SHORTEST_CLEAR_ID)
    named = re.compile(rb'[iI][dD]"\s*:\s*"?(?:' + short + rb")(?![0-9A-Za-z.-])")

    def mentions(body: bytes) -> bool:
        if any(needle in body for needle in needles if needle):
            return True
        if many and not many.isdisjoint(WORD.findall(body)):
            return True
        if any(word in body for word in words) and alone.search(body):
            return True
        return bool(short) and named.search(body) is not None

    return mentions


def _empty_deliveries(db: Connection, shop_id: int, mentions: Callable[[bytes], bool], now: datetime) -> int:
    found = [row for row, body in _bodies(db, shop_id) if mentions(zlib.decompress(body))]
    mine = (inbox.c.shop_id == shop_id, among(db, inbox.c.delivery_row, found))
    # the fence stays: the one that works on it may still settle it, as the request to erase is itself such a delivery
    changed = {"body": None, "natural_key": None, "state": "done", "reason": "erased", "settled_at": now}
    emptied = update(inbox).where(*mine).values(changed)
    return db.execute(emptied).rowcount


def _bodies(db: Connection, shop_id: int) -> Iterator[tuple[int, bytes]]:
    kept = select(inbox.c.delivery_row, inbox.c.body).where(inbox.c.shop_id == shop_id, inbox.c.body.is_not(None))
    return ((row.delivery_row, row.body) for row in db.execute(kept.execution_options(yield_per=AT_ONCE)))


def _remove_effects(db: Connection, shop_id: int, mentions: Callable[[bytes], bool]) -> int:
    rows = db.execute(select(outbox.c.outbox_row, outbox.c.key, outbox.c.payload).where(outbox.c.shop_id == shop_id))
    found = [row.outbox_row for row in rows if mentions(f"{row.key} {to_text(row.payload)}".encode())]
    return _remove(db, shop_id, outbox, among(db, outbox.c.outbox_row, found))
