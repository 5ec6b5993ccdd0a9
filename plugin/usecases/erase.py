"""Forgets a customer or a shop, in every table and every copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from plugin.usecases import give_back, switch_off
from plugin.vault import Vault
from storage import customers, erasure, offers
from storage.offers import Offer

#: no store gives this as an id
NOBODY = "named by address only"


def customer(
    db: Connection, shop_id: int, customer_id: str, *, now: datetime, vault: Vault, needles: Sequence[bytes] = ()
) -> int:
    """Erases one customer under every id they had, and remembers only keyed fingerprints: nothing late comes back.

    Codes that may be live in the store are switched off afterwards. Answers the number of rows that went.
    Call ``storage.erasure.scrub`` after the commit.
    """
    gone = 0
    for one in sorted(customers.family(db, shop_id, customer_id)):
        for offer in offers.of_customers(db, shop_id, [one]).get(one, []):
            if offer.state in offers.OPEN:
                _let_go(db, offer, now)
        fingerprint = vault.fingerprints("erased", str(shop_id), one)[0]
        gone += erasure.erase_customer(db, shop_id, one, fingerprint=fingerprint, needles=needles, now=now)
    return gone


def person(
    db: Connection, shop_id: int, customer_id: str | None, *, needles: Sequence[bytes], now: datetime, vault: Vault
) -> None:
    """Erases whom a store asks to forget; one it names by address only has no rows, and kept deliveries are emptied."""
    customer(db, shop_id, customer_id or NOBODY, now=now, vault=vault, needles=needles)


def _let_go(db: Connection, offer: Offer, now: datetime) -> None:
    """The code must end up dead in the store, the money goes back to its month."""
    if offer.code:
        switch_off.later(db, offer, key=f"off/{offer.offer_id}", now=now)
    give_back.money(db, offer.shop_id, [offer], now=now)


def shop(db: Connection, shop_id: int) -> None:
    """Erases a shop whole."""
    erasure.erase_shop(db, shop_id)
