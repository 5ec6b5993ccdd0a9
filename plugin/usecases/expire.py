"""Closes offers whose time is over, and gives their reserved money back to the month it came from."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from storage import budgets, offers

#: an order placed in the last minutes of a code may still be on its way to us
GRACE = timedelta(hours=1)


def ended(db: Connection, shop_id: int, *, now: datetime, limit: int) -> int:
    """Expires issued offers that ended more than an hour ago; answers how many."""
    found = offers.ended(db, shop_id, now - GRACE, limit)
    for offer in found:
        moved = offers.advance(db, shop_id, offer.offer_id, to="expired", frm=["issued"], closed_at=now)
        if moved and offer.budget_month is not None and offer.reserved_minor:
            budgets.release(db, shop_id, month=offer.budget_month, amount=offer.reserved_minor)
    return len(found)


def due(db: Connection, shop_id: int, *, now: datetime) -> bool:
    """Is there an offer to close? Read without a lock."""
    return bool(offers.ended(db, shop_id, now - GRACE, 1))
