"""How work is taken from a queue and given back: leases, fences, and a fair share for every shop.

A claim lasts until its lease ends; then anyone may claim the row again. Each claim raises the row's fence, and a row is
settled only with the fence that its claim returned, so that a worker who was too slow changes nothing. A row that is
given back has no lease any more; so a lease that is found over was left open, by a worker that ended or hung, and the
queue that has a column for it (``ended``) counts how many were, one after another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    Row,
    Select,
    Table,
    Text,
    bindparam,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    update,
)
from sqlalchemy.sql.dml import ReturningUpdate, Update

from storage.tables import shops
from storage.upserts import among_later, listed

#: written out, so that the database sees that the index of waiting rows serves
WAITING: ColumnElement[str] = literal_column("'waiting'")
#: for the few statements that look over all shops, and say so
EVERY_SHOP = "/* of every shop_id */"


def claim(
    db: Connection,
    queue: Table,
    *,
    now: datetime,
    limit: int,
    lease_seconds: float,
    only: ColumnElement[bool] | None = None,
) -> list[Row[Any]]:
    """Takes up to ``limit`` due rows, the oldest of each shop first; ``attempts`` and ``fence`` count this claim.

    A shop with much to do leaves room for the others. ``only`` narrows the shops. Rows that another worker holds are
    passed over, not waited for.
    """
    heads = _shops_with_work(db, queue, now=now, limit=limit, only=only)
    found = [row for rows in _shares(db, queue, heads, now=now, limit=limit).values() for row in rows]
    if not found:
        return []
    until = now + timedelta(seconds=lease_seconds)
    taken = db.execute(_take(db.dialect.name, queue), {"found": listed(db, found), "until": until})
    place_of = {number: place for place, number in enumerate(found)}
    return sorted(taken, key=lambda row: place_of[row[0]])


def due(db: Connection, queue: Table, *, now: datetime, only: ColumnElement[bool] | None = None) -> bool:
    """Is there something to claim? A read, so that a worker with nothing to do locks nobody out."""
    return bool(_shops_with_work(db, queue, now=now, limit=1, only=only))


def claim_one(db: Connection, queue: Table, row: int, *, now: datetime, lease_seconds: float) -> Row[Any] | None:
    """Takes this row alone, as ``claim`` would; None where it is not due, or somebody else has it."""
    taken = _take_one(queue)
    given = {"wanted": row, "now": now, "until": now + timedelta(seconds=lease_seconds)}
    return db.execute(taken, given).one_or_none()


def let_go(db: Connection, queue: Table, rows: Sequence[int]) -> None:
    """Undoes the claim of rows that this very transaction has claimed; only their fence stays raised."""
    mine = {"found": listed(db, rows)}
    db.execute(_let_go(db.dialect.name, queue), mine)


def settle(db: Connection, queue: Table, claimed: Sequence[tuple[int, int]], changed: Mapping[str, Any]) -> set[int]:
    """Changes the rows (row, fence) whose fence is still the claim's; the rows that were really changed.

    A row that is settled in the same way already counts as changed: an erasure may have been faster.
    """
    if not claimed:
        return set()
    given = {f"new_{name}": value for name, value in changed.items()}
    given["rows"] = listed(db, [row for row, _ in claimed])
    given["fenced"] = listed(db, [f"{row}:{fence}" for row, fence in claimed])
    return set(db.execute(_settle(db.dialect.name, queue, tuple(changed)), given).scalars())


def retry(db: Connection, queue: Table, row: int, fence: int, *, run_at: datetime, reason: str) -> bool:
    """Gives a claimed row back, to be due again at ``run_at``."""
    return bool(settle(db, queue, [(row, fence)], {"state": "waiting", "run_at": run_at, "reason": reason}))


def waiting(db: Connection, queue: Table) -> int:
    """Rows of all shops that wait to be done, claimed ones included."""
    return int(db.execute(_waiting(queue)).scalar_one())


def _shops_with_work(
    db: Connection, queue: Table, *, now: datetime, limit: int, only: ColumnElement[bool] | None
) -> list[int]:
    """Shops with something due; those that have waited least come first, so that what they leave goes to the longest line."""
    return list(db.execute(_heads(queue, only), {"now": now, "most": limit}).scalars())[::-1]


def _shares(db: Connection, queue: Table, heads: Sequence[int], *, now: datetime, limit: int) -> dict[int, list[int]]:
    """For each shop the rows of its share; what one leaves of its own goes to those after it, then to those before."""
    shares: dict[int, list[int]] = {}
    more: list[int] = []
    left = limit
    for place, shop_id in enumerate(heads):
        share = -(-left // (len(heads) - place))
        shares[shop_id] = _oldest(db, queue, shop_id, now=now, limit=share)
        left -= len(shares[shop_id])
        if len(shares[shop_id]) == share:
            more.append(shop_id)
    for shop_id in reversed(more if left else ()):
        had = len(shares[shop_id])
        shares[shop_id] = _oldest(db, queue, shop_id, now=now, limit=had + left)
        left -= len(shares[shop_id]) - had
    return shares


def _oldest(db: Connection, queue: Table, shop_id: int, *, now: datetime, limit: int) -> list[int]:
    return list(db.execute(_line(queue), {"shop": shop_id, "now": now, "most": limit}).scalars())


@lru_cache(maxsize=16)
def _heads(queue: Table, only: ColumnElement[bool] | None) -> Select[Any]:
    mine = select(queue.c.run_at).where(queue.c.shop_id == shops.c.shop_id, *_claimable(queue))
    head = mine.order_by(queue.c.run_at).limit(1).scalar_subquery()
    heads = select(shops.c.shop_id, head.label("head")).where(*(() if only is None else (only,))).subquery()
    waiting_ones = select(heads.c.shop_id).where(heads.c.head.is_not(None))
    return waiting_ones.order_by(heads.c.head, heads.c.shop_id).limit(bindparam("most"))


@cache
def _waiting(queue: Table) -> Select[Any]:
    return select(func.count()).select_from(queue).prefix_with(EVERY_SHOP).where(queue.c.state == WAITING)


@cache
def _line(queue: Table) -> Select[Any]:
    row = _row_of(queue)
    mine = select(row).where(queue.c.shop_id == bindparam("shop"), *_claimable(queue))
    return mine.order_by(queue.c.run_at, row).limit(bindparam("most")).with_for_update(skip_locked=True)


@cache
def _take(dialect: str, queue: Table) -> ReturningUpdate[Any]:
    # by row alone: with the shop beside it, SQLite would walk all of the shop's rows
    return _taken(queue, among_later(dialect, _row_of(queue), "found"))


@cache
def _take_one(queue: Table) -> ReturningUpdate[Any]:
    return _taken(queue, _row_of(queue) == bindparam("wanted"), *_claimable(queue))


def _taken(queue: Table, *which: ColumnElement[bool]) -> ReturningUpdate[Any]:
    taken: dict[str, Any] = {
        "claimed_until": bindparam("until", type_=queue.c.claimed_until.type),
        "fence": queue.c.fence + 1,
        "attempts": queue.c.attempts + 1,
    }
    if "ended" in queue.c:
        given_back = queue.c.claimed_until.is_(None)
        taken["ended"] = case((given_back, queue.c.ended), else_=func.coalesce(queue.c.ended, 0) + 1)
    return update(queue).prefix_with(EVERY_SHOP).where(*which).values(taken).returning(_row_of(queue), *queue.c)


@cache
def _let_go(dialect: str, queue: Table) -> Update:
    again = {"claimed_until": None, "attempts": queue.c.attempts - 1}
    return update(queue).prefix_with(EVERY_SHOP).where(among_later(dialect, _row_of(queue), "found")).values(again)


@cache
def _settle(dialect: str, queue: Table, names: tuple[str, ...]) -> ReturningUpdate[Any]:
    row = _row_of(queue)
    new = {name: bindparam(f"new_{name}", type_=queue.c[name].type) for name in names}
    fenced = cast(row, Text).concat(":").concat(cast(queue.c.fence, Text))
    mine = (among_later(dialect, row, "rows"), among_later(dialect, fenced, "fenced"))
    open_still = or_(queue.c.state == WAITING, queue.c.state == new["state"])
    statement = update(queue).prefix_with(EVERY_SHOP).where(*mine, open_still)
    return statement.values(claimed_until=None, **new).returning(row)


def _claimable(queue: Table) -> tuple[ColumnElement[bool], ...]:
    now = bindparam("now", type_=queue.c.run_at.type)
    free = or_(queue.c.claimed_until.is_(None), queue.c.claimed_until <= now)
    return (queue.c.state == WAITING, queue.c.run_at <= now, free)


def _row_of(queue: Table) -> Column[Any]:
    return next(iter(queue.primary_key.columns))
