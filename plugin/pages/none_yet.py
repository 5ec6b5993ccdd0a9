"""What a page says while there is no customer or no offer, and when there will be."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plugin.pages import formats
from plugin.pages.say import _, plural
from plugin.usecases import import_progress
from storage import glance
from storage.shops import Shop

DUE_WITHIN = timedelta(days=30)


def customers(db: Any, shop: Shop, *, now: datetime) -> str:
    """One line for the place of the list: they are measured when all orders are read, or come with the first order."""
    if import_progress.progress(db, shop.shop_id, now=now) is not None:
        return _("Your orders are being read. Your customers show up here once that is done.")
    return _("Waiting for your first orders. Your customers show up here after their first order.")


def offers(db: Any, shop: Shop, *, now: datetime) -> str:
    """One line for the place of the list: the next look at everyone, and for how many something is due soon."""
    told = _("No offers yet. Next check: %(when)s.", when=formats.until(shop.nightly_due_at, now))
    count = glance.due(db, shop.shop_id, until=now + DUE_WITHIN)
    due = plural("%(count)s customer is due in 30 days.", "%(count)s customers are due in 30 days.", count)
    return _("%(first)s %(second)s", first=told, second=due) if count else told
