"""Holds a shop's rules to its store's currency: amounts of one must not be given away in another."""

from __future__ import annotations

from sqlalchemy import Connection

from plugin.rewards import stored
from storage import programs, shops
from storage.shops import Shop

BEGINS = "The store's currency is now "


def differs(shop: Shop, rules_currency: str) -> bool:
    """Whether rules in this currency say nothing about what the store may give."""
    return shop.currency != rules_currency


def check(db: Connection, shop_id: int) -> bool:
    """Pauses a served shop whose rules are in another currency and says so; serves it again once they are in its own.

    Answers whether offers are held up by it.
    """
    shop, current = shops.get(db, shop_id), programs.current(db, shop_id)
    if current is None:
        return False
    rules = stored.from_stored(current.body).currency
    held = differs(shop, rules)
    if held and shop.state == "active":
        told = f"{BEGINS}{shop.currency}, its rules are in {rules}. No offers are made until rules in {shop.currency} are saved."
        shops.pause(db, shop_id, told)
    elif not held and shop.state == "paused" and (shop.trouble or "").startswith(BEGINS):
        shops.resume(db, shop_id)
    return held
