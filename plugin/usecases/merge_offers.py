"""Two customers turn out to be one: of what both were offered, one stays.

As one customer they would have had one offer of a kind at a time. So the earliest open one of each kind stays, and the
later ones are cancelled; a merge whose kept customer is in the control group leaves none. What was used stays used and
counts, with what it cost, for the one customer's limits. Measures, tier and decisions follow from the united orders.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from plugin.rewards.holdout import is_held_out
from plugin.usecases import cancel_offers
from plugin.usecases.rules_for import rules_for
from storage import customers, offers, programs, shops
from storage.offers import Offer

TWICE = "two customers were merged, and the other's offer of this kind is older"
CONTROL = "the customer was merged with one of the control group"


def settle(db: Connection, shop_id: int, people: Collection[str], *, now: datetime) -> int:
    """Cancels what the merged customers have twice; how many offers. ``people``: all ids that a merge has just joined."""
    if not people:
        return 0
    kept = set(customers.canonical(db, shop_id, people).values())
    cancelled = 0
    for who, theirs in sorted(offers.of_customers(db, shop_id, kept).items()):
        live = [one for one in theirs if one.state in offers.OPEN and not one.unwanted]
        held_out = _held_out(db, shop_id, who)
        ending = [one for one in live if one.code is not None] if held_out else _later(live)
        for one in ending:
            why = CONTROL if held_out else TWICE
            cancelled += cancel_offers.cancel_offer(db, shop_id, one.offer_id, why=why, now=now)
    return cancelled


def _later(live: Sequence[Offer]) -> list[Offer]:
    """All but the earliest of each kind; reminders, which give nothing, are kept apart from what gives."""
    seen: set[tuple[str, bool]] = set()
    later = []
    for one in sorted(live, key=lambda one: (one.created_at, one.offer_id)):
        sort = (one.kind, one.code is None)
        later += [one] if sort in seen else []
        seen.add(sort)
    return later


def _held_out(db: Connection, shop_id: int, customer_id: str) -> bool:
    shop, current = shops.get(db, shop_id), programs.current(db, shop_id)
    rules = rules_for(db, shop, current, [customer_id]) if current else []
    program = next((program for _, program, group in rules if customer_id in group), None)
    if program is None:
        return False
    name, percent = f"{shop.platform}|{shop.domain}", program.holdout_percent
    return is_held_out(key=program.key, shop=name, customer_id=customer_id, percent=percent)
