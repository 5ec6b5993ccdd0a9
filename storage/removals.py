"""Dead discounts that may be taken out of the store: which, and which were."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, exists, func, select, update

from storage.tables import offers, redemptions
from storage.tables.rewards import REMOVABLE
from storage.upserts import among

#: as an expression, so that SQLite does not walk through all offers in the order of their ids
PLACE = func.coalesce(offers.c.offer_id, "")


def due(db: Connection, shop_id: int, *, ended_before: datetime, after: str, limit: int) -> dict[str, str]:
    """Unused offers that are over since then, by id with their references in the store, from behind the id ``after``.

    Only what is closed for good; one that was used stays, as the store's own record of it.
    """
    used = exists().where(redemptions.c.shop_id == shop_id, redemptions.c.offer_id == offers.c.offer_id)
    mine = (offers.c.shop_id == shop_id, REMOVABLE)
    over = (offers.c.ends_at < ended_before, offers.c.closed_at < ended_before)
    statement = select(offers.c.offer_id, offers.c.store_ref).where(*mine, *over, ~used, after < PLACE)
    rows = db.execute(statement.order_by(PLACE).limit(limit))
    return {row.offer_id: row.store_ref for row in rows}


def removed(db: Connection, shop_id: int, offer_ids: Collection[str], *, now: datetime) -> None:
    """The store has the discounts of these offers no more."""
    mine = (offers.c.shop_id == shop_id, among(db, offers.c.offer_id, offer_ids))
    db.execute(update(offers).where(*mine).values(removed_at=now))
