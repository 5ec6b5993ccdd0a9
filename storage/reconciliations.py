"""Up to when each store was asked which orders changed, and what that found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select, update

from storage.claims import EVERY_SHOP
from storage.tables import reconciliations as table
from storage.tables import shops
from storage.upserts import insert


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """How far a store was asked."""

    asked_until: datetime
    due_at: datetime
    #: orders that no delivery had told of, since the installation
    found: int
    found_at: datetime | None


def get(db: Connection, shop_id: int) -> Reconciliation | None:
    """How far the store was asked; None before the first time."""
    columns = (table.c.asked_until, table.c.due_at, table.c.found, table.c.found_at)
    row = db.execute(select(*columns).where(table.c.shop_id == shop_id)).one_or_none()
    return None if row is None else Reconciliation(**row._asdict())


def due(db: Connection, now: datetime) -> list[int]:
    """The active Shopify shops that should be asked now, those never asked included."""
    statement = select(shops.c.shop_id).prefix_with(EVERY_SHOP).outerjoin(table, table.c.shop_id == shops.c.shop_id)
    late = func.coalesce(table.c.due_at, 0) <= now
    mine = (shops.c.state == "active", shops.c.platform == "shopify", late)
    return list(db.execute(statement.where(*mine).order_by(shops.c.shop_id)).scalars())


def plan(db: Connection, shop_id: int, *, asked_until: datetime, due_at: datetime) -> None:
    """Says when the store is asked next; ``asked_until`` counts for a store that was never asked."""
    statement = insert(db, table).values(shop_id=shop_id, asked_until=asked_until, due_at=due_at)
    db.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_={"due_at": statement.excluded.due_at}))


def reached(db: Connection, shop_id: int, until: datetime) -> None:
    """Everything that changed before then was asked for; an earlier instant changes nothing."""
    mine = (table.c.shop_id == shop_id, table.c.asked_until < until)
    db.execute(update(table).where(*mine).values(asked_until=until))


def found(db: Connection, shop_id: int, count: int, now: datetime) -> None:
    """So many orders were found that no delivery had told of."""
    db.execute(update(table).where(table.c.shop_id == shop_id).values(found=table.c.found + count, found_at=now))
