"""The written history of each month's money: a row for each move, numbered without gaps, never changed.

The database holds it to the month's counter: at every commit the counter is the balance of the newest row, each row's
balance is the one before plus its own move, and a cause is entered once. ``budgets`` moves the counter and writes here
in the same transaction; nothing else writes.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, Text, and_, bindparam, cast, func, or_, select, update
from sqlalchemy.sql.dml import ReturningInsert

from storage.tables import budget_entries, budgets
from storage.upserts import among, among_later, insert_on, listed

MONTH_AND_NUMBER = (budget_entries.c.month, budget_entries.c.number)


class Cause(NamedTuple):
    """Why money moves. ``key`` names the move, once for ever in its shop: the same cause again moves nothing."""

    key: str
    at: datetime
    offer_id: str | None = None
    order_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A move of a month's money, minor units."""

    month: str
    #: 1, 2, 3, … in each month, in the order in which the moves were committed
    number: int
    #: opening | reserve | release | book | unbook
    kind: str
    cause: str
    #: None where the move belongs to none, and once the customer is erased
    offer_id: str | None
    order_id: str | None
    #: what it changed
    reserved_minor: int
    booked_minor: int
    #: how the month stood afterwards
    reserved_after: int
    booked_after: int
    #: the most that the month could hold when money was set aside
    cap_minor: int | None
    at: datetime


COLUMNS = tuple(budget_entries.c[field.name] for field in fields(Entry))


def write(db: Connection, shop_id: int, entries: Sequence[Entry]) -> int:
    """Writes moves down, in their order, in one statement; how many are new: a cause that is known is left out."""
    rows = [
        {"shop_id": shop_id, **{field.name: getattr(entry, field.name) for field in fields(Entry)}} for entry in entries
    ]
    return len(db.execute(_write(db.dialect.name), rows).all()) if rows else 0


def known(db: Connection, shop_id: int, causes: Collection[str]) -> set[str]:
    """Those of these causes that have moved what they had to."""
    return set(db.execute(_known(db.dialect.name), {"shop": shop_id, "wanted": listed(db, causes)}).scalars())


def of_month(db: Connection, shop_id: int, month: str) -> list[Entry]:
    """The moves of a month in their order."""
    return _read(db, shop_id, budget_entries.c.month == month)


def of_offer(db: Connection, shop_id: int, offer_id: str) -> list[Entry]:
    """What happened to the money of an offer."""
    return _read(db, shop_id, budget_entries.c.offer_id == offer_id)


def disagreements(db: Connection, shop_id: int) -> list[str]:
    """The months whose counter is not the sum of their moves; none, or the books were changed from outside."""
    sums = select(
        budget_entries.c.month,
        func.sum(budget_entries.c.reserved_minor).label("reserved"),
        func.sum(budget_entries.c.booked_minor).label("booked"),
        func.count().label("moves"),
    ).where(budget_entries.c.shop_id == shop_id).group_by(budget_entries.c.month).subquery()  # fmt: skip
    same = and_(
        sums.c.reserved == budgets.c.reserved_minor,
        sums.c.booked == budgets.c.booked_minor,
        sums.c.moves == budgets.c.moves,
    )
    joined = select(budgets.c.month).join(sums, and_(sums.c.month == budgets.c.month, same), isouter=True)
    wrong = joined.where(budgets.c.shop_id == shop_id, sums.c.month.is_(None)).order_by(budgets.c.month)
    return list(db.execute(wrong).scalars())


def forget(db: Connection, shop_id: int, offer_ids: Collection[str], order_ids: Collection[str]) -> int:
    """Takes what belongs to these offers and orders out of the moves; the sums stay. How many moves."""
    theirs = or_(among(db, budget_entries.c.offer_id, offer_ids), among(db, budget_entries.c.order_id, order_ids))
    named = "erased/" + budget_entries.c.month + "/" + cast(budget_entries.c.number, Text)
    blank = update(budget_entries).where(budget_entries.c.shop_id == shop_id, theirs)
    return db.execute(blank.values(offer_id=None, order_id=None, cause=named)).rowcount


@cache
def _write(dialect: str) -> ReturningInsert[Any]:
    return insert_on(dialect, budget_entries).on_conflict_do_nothing().returning(*MONTH_AND_NUMBER)


@cache
def _known(dialect: str) -> Select[Any]:
    mine = (budget_entries.c.shop_id == bindparam("shop"), among_later(dialect, budget_entries.c.cause, "wanted"))
    return select(budget_entries.c.cause).where(*mine)


def _read(db: Connection, shop_id: int, which: ColumnElement[bool]) -> list[Entry]:
    mine = (budget_entries.c.shop_id == shop_id, which)
    return [Entry(**row._asdict()) for row in db.execute(select(*COLUMNS).where(*mine).order_by(*MONTH_AND_NUMBER))]
