"""Closes offers whose time is over, and gives their reserved money back to the month it came from."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta

from sqlalchemy import Connection

from storage import budgets, offers
from storage.budgets import Cause

#: an order placed in the last minutes of a code may still be on its way to us
GRACE = timedelta(hours=1)
TOO_LATE = "its time was over before the store was known to have it"


def ended(db: Connection, shop_id: int, *, now: datetime, limit: int) -> int:
    """Closes offers that ended more than an hour ago; answers how many.

    Those in the store have expired. Those that never got there, or of which nobody knows, are cancelled: a code that
    lands now carries its end with it and is dead.
    """
    found = offers.ended(db, shop_id, now - GRACE, limit)
    if not found:
        return 0
    issued = [offer.offer_id for offer in found if offer.state == "issued"]
    others = [offer.offer_id for offer in found if offer.state != "issued"]
    moved = offers.advance_many(db, shop_id, issued, to="expired", frm=["issued"], closed_at=now)
    moved |= offers.advance_many(
        db, shop_id, others, to="cancelled", frm=["planned", "sending"], closed_at=now, note=TOO_LATE
    )
    freed: defaultdict[str, list[tuple[int, Cause]]] = defaultdict(list)
    for offer in found:
        if offer.offer_id in moved and offer.budget_month is not None and offer.reserved_minor:
            cause = Cause(f"release/{offer.offer_id}", now, offer.offer_id)
            freed[offer.budget_month].append((offer.reserved_minor, cause))
    for month in sorted(freed):
        budgets.release_all(db, shop_id, month, freed[month])
    return len(found)


def due(db: Connection, shop_id: int, *, now: datetime) -> bool:
    """Whether there is an offer to close; read without a lock."""
    return offers.any_ended(db, shop_id, now - GRACE)
