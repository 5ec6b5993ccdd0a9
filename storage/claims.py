"""How work is taken from a queue and given back: leases, fences, and a fair share for every shop.

A claim lasts until its lease ends; then anyone may claim the row again. Each claim raises the row's fence, and a row is
settled only with the fence that its claim returned, so that a worker who was too slow changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, Table, func, literal_column, or_, select, tuple_, update

from storage.tables import shops
from storage.upserts import among

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
    row = _row_of(queue)
    taken = {
        "claimed_until": now + timedelta(seconds=lease_seconds),
        "fence": queue.c.fence + 1,
        "attempts": queue.c.attempts + 1,
    }
    # by row alone: with the shop beside it, SQLite would walk all of the shop's rows
    statement = update(queue).prefix_with(EVERY_SHOP).where(among(db, row, found)).values(taken).returning(*queue.c)
    place_of = {number: place for place, number in enumerate(found)}
    return sorted(db.execute(statement), key=lambda taken_row: place_of[getattr(taken_row, row.name)])


def due(db: Connection, queue: Table, *, now: datetime, only: ColumnElement[bool] | None = None) -> bool:
    """Is there something to claim? A read, so that a worker with nothing to do locks nobody out."""
    return bool(_shops_with_work(db, queue, now=now, limit=1, only=only))


def settle(db: Connection, queue: Table, claimed: Sequence[tuple[int, int]], changed: Mapping[str, Any]) -> set[int]:
    """Changes the rows (row, fence) whose fence is still the claim's; the rows that were really changed.

    A row that is settled in the same way already counts as changed: an erasure may have been faster.
    """
    if not claimed:
        return set()
    row = _row_of(queue)
    mine = (among(db, row, [number for number, _ in claimed]), tuple_(row, queue.c.fence).in_(claimed))
    open_still = queue.c.state.in_(("waiting", changed["state"]))
    statement = update(queue).prefix_with(EVERY_SHOP).where(*mine, open_still).values(claimed_until=None, **changed)
    return set(db.execute(statement.returning(row)).scalars())


def retry(db: Connection, queue: Table, row: int, fence: int, *, run_at: datetime, reason: str) -> bool:
    """Gives a claimed row back, to be due again at ``run_at``."""
    return bool(settle(db, queue, [(row, fence)], {"state": "waiting", "run_at": run_at, "reason": reason}))


def waiting(db: Connection, queue: Table) -> int:
    """Rows of all shops that wait to be done, claimed ones included."""
    statement = select(func.count()).select_from(queue).prefix_with(EVERY_SHOP)
    return int(db.execute(statement.where(queue.c.state == WAITING)).scalar_one())


def _shops_with_work(
    db: Connection, queue: Table, *, now: datetime, limit: int, only: ColumnElement[bool] | None
) -> list[int]:
    """Shops with something due; those that have waited least come first, so that what they leave goes to the longest line."""
    mine = select(queue.c.run_at).where(queue.c.shop_id == shops.c.shop_id, *_claimable(queue, now))
    head = mine.order_by(queue.c.run_at).limit(1).scalar_subquery()
    heads = select(shops.c.shop_id, head.label("head")).where(*(() if only is None else (only,))).subquery()
    oldest = (
        select(heads.c.shop_id).where(heads.c.head.is_not(None)).order_by(heads.c.head, heads.c.shop_id).limit(limit)
    )
    return list(db.execute(oldest).scalars())[::-1]


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
    row = _row_of(queue)
    mine = select(row).where(queue.c.shop_id == shop_id, *_claimable(queue, now)).order_by(queue.c.run_at, row)
    return list(db.execute(mine.limit(limit).with_for_update(skip_locked=True)).scalars())


def _claimable(queue: Table, now: datetime) -> tuple[ColumnElement[bool], ...]:
    free = or_(queue.c.claimed_until.is_(None), queue.c.claimed_until <= now)
    return (queue.c.state == WAITING, queue.c.run_at <= now, free)


def _row_of(queue: Table) -> Column[Any]:
    return next(iter(queue.primary_key.columns))
