"""Closes offers whose time is over and that no store can have; ``close_ended`` asks the store about the others."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.usecases import give_back
from storage import offers, rounds

#: an order placed in the last minutes of a code may still be on its way to us
GRACE = timedelta(hours=1)
TOO_LATE = "its time was over before the store was known to have it"


def ended(db: Connection, shop_id: int, *, now: datetime, limit: int) -> int:
    """Closes offers that ended more than an hour ago without ever having been sent; answers how many.

    A message without a code has expired; an offer whose code was never asked for is cancelled, and its money free.
    """
    found = rounds.ended_unasked(db, shop_id, now - GRACE, limit=limit)
    told = [offer.offer_id for offer in found if offer.state == "issued"]
    unsent = [offer.offer_id for offer in found if offer.state == "planned"]
    moved = offers.advance_many(db, shop_id, told, to="expired", frm=["issued"], closed_at=now)
    moved |= offers.advance_many(db, shop_id, unsent, to="cancelled", frm=["planned"], closed_at=now, note=TOO_LATE)
    give_back.money(db, shop_id, [offer for offer in found if offer.offer_id in moved], now=now)
    return len(found)


def due(db: Connection, shop_id: int, *, now: datetime) -> bool:
    """Whether there is an offer to close; read without a lock."""
    return rounds.any_ended_unasked(db, shop_id, now - GRACE)
