"""What a page says while there is no offer: when everyone is looked at next, and for how many something is due soon."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plugin.pages import formats
from plugin.pages.say import _, plural
from storage import glance
from storage.shops import Shop

DUE_WITHIN = timedelta(days=30)


def sentence(db: Any, shop: Shop, *, now: datetime) -> str:
    """One line for the place of the list."""
    told = _("No offers yet. Next check: %(when)s.", when=formats.until(shop.nightly_due_at, now))
    count = glance.due(db, shop.shop_id, until=now + DUE_WITHIN)
    due = plural("%(count)s customer is due in 30 days.", "%(count)s customers are due in 30 days.", count)
    return _("%(first)s %(second)s", first=told, second=due) if count else told
