"""Dead discounts that may be taken out of the store: which, and which were."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import BindParameter, Connection, bindparam, exists, func, select, update

from storage.tables import offers, redemptions
from storage.tables.rewards import REMOVABLE
from storage.upserts import among

#: as an expression, so that SQLite does not walk through all offers in the order of their ids
PLACE = func.coalesce(offers.c.offer_id, "")
SHOP: BindParameter[int] = bindparam("shop")
USED = exists().where(redemptions.c.shop_id == SHOP, redemptions.c.offer_id == offers.c.offer_id)
BEFORE = bindparam("before", type_=offers.c.ends_at.type)
OVER = (offers.c.shop_id == SHOP, REMOVABLE, offers.c.ends_at < BEFORE, offers.c.closed_at < BEFORE, ~USED)
BEHIND = bindparam("after", type_=offers.c.offer_id.type) < PLACE
DUE = select(offers.c.offer_id, offers.c.store_ref).where(*OVER, BEHIND).order_by(PLACE).limit(bindparam("most"))


def due(db: Connection, shop_id: int, *, ended_before: datetime, after: str, limit: int) -> dict[str, str]:
    """Unused offers that are over since then, by id with their references in the store, from behind the id ``after``.

    Only what is closed for good; one that was used stays, as the store's own record of it.
    """
    given = {"shop": shop_id, "before": ended_before, "after": after, "most": limit}
    return {row.offer_id: row.store_ref for row in db.execute(DUE, given)}


def removed(db: Connection, shop_id: int, offer_ids: Collection[str], *, now: datetime) -> None:
    """The store has the discounts of these offers no more."""
    mine = (offers.c.shop_id == shop_id, among(db, offers.c.offer_id, offer_ids))
    db.execute(update(offers).where(*mine).values(removed_at=now))
