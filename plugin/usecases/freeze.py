"""Holds a shop's offers up while its store knows codes of ours that nobody here does, until a person has looked.

So it is after an older copy of the database was put back: money is promised that no budget here has set aside. The shop
is paused as a whole, so that neither is anything given nor are those codes switched off. Once it is confirmed that all
is as it should be, the orders that the copy lacks are read, and their codes have time to be decided again.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.rewards import stored
from plugin.rewards.code import ALPHABET, LETTERS
from storage import outbox, programs, shops, snapshots
from storage.orders import StoredOrder
from storage.shops import Shop

BEGINS = "Its store knows codes of ours that are not known here"
CONFIRMED = "confirmed"
#: how long a confirmation speaks for codes that are found after it: the store's list is gone through in several rounds
HOLDS = timedelta(days=1)
#: the time in which a code that nobody knows may be decided again
CHANCE = timedelta(hours=2)
OURS = re.compile(f"(.*)[{ALPHABET}]{{{LETTERS}}}", re.DOTALL)

log = logging.getLogger("regulars.sweep")


def held(shop: Shop) -> bool:
    """Whether the shop waits for a person to confirm."""
    return shop.state == "paused" and (shop.trouble or "").startswith(BEGINS)


def hold(db: Connection, shop: Shop, code: str, *, at: datetime) -> bool:
    """Pauses a served shop for a code seen at ``at`` that no offer belongs to, and says so; whether it did.

    What was found up to a day after a confirmation is what was confirmed.
    """
    last = outbox.newest(db, shop.shop_id, CONFIRMED)
    if shop.state != "active" or (last is not None and at < last[0] + HOLDS):
        return False
    told = f"{BEGINS}, such as {code}: was an older copy of the database put back? No offers are made until that is confirmed."
    shops.pause(db, shop.shop_id, told)
    log.warning("shop %d is held up: its store knows codes of ours that are not known here", shop.shop_id)
    return True


def by_orders(db: Connection, shop: Shop, orders: Sequence[StoredOrder], known: Collection[str]) -> bool:
    """Holds a shop up where an order used a code that looks like ours and is not among the ``known``; whether it did."""
    strange = [
        (used.code, order.ordered_at)
        for order in orders
        for used in order.codes
        # from before this installation it is one of an earlier one
        if order.ordered_at > shop.installed_at and used.code.upper() not in known and OURS.fullmatch(used.code.upper())
    ]
    if not strange or shop.state != "active" or (current := programs.current(db, shop.shop_id)) is None:
        return False
    prefix = stored.from_stored(current.body).code_prefix.upper()
    mine = [
        (code, at) for code, at in strange if len(code) == len(prefix) + LETTERS and code.upper().startswith(prefix)
    ]
    return any(hold(db, shop, code, at=at) for code, at in mine)


def confirm(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Serves a paused shop again; whether it was held up by codes that are not known, which now have their chance."""
    was_held = held(shop)
    shops.resume(db, shop.shop_id)
    if was_held:
        outbox.note(db, shop.shop_id, key=f"{CONFIRMED}/{now.isoformat()}", kind=CONFIRMED, payload={}, now=now)
        # whom the copy does not know as having an offer may be due
        snapshots.plan_all(db, shop.shop_id, now)
    return was_held


def chance_until(db: Connection, shop_id: int) -> datetime | None:
    """Until when codes that waited through a hold may be decided again; None where there was none."""
    last = outbox.newest(db, shop_id, CONFIRMED)
    return None if last is None else last[0] + CHANCE
