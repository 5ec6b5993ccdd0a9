"""Gives the money that was set aside for offers back to the months it came from, once each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection

from storage import budgets
from storage.budgets import Cause
from storage.offers import Offer


def money(db: Connection, shop_id: int, closed: Iterable[Offer], *, now: datetime) -> None:
    """What these offers held; only for offers that this transaction has really closed."""
    freed: defaultdict[str, list[tuple[int, Cause]]] = defaultdict(list)
    for offer in closed:
        if offer.budget_month is not None and offer.reserved_minor:
            cause = Cause(f"release/{offer.offer_id}", now, offer.offer_id)
            freed[offer.budget_month].append((offer.reserved_minor, cause))
    for month in sorted(freed):
        budgets.release_all(db, shop_id, month, freed[month])
