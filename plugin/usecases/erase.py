"""Forgets a customer or a shop, in every table and every copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from plugin.vault import Vault
from storage import budgets, customers, erasure, offers, outbox
from storage.budgets import Cause
from storage.offers import Offer

SWITCH_OFF = "switch_off"
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
        payload = {"code": offer.code, "until": offer.ends_at.isoformat()}
        outbox.put(db, offer.shop_id, key=f"off/{offer.offer_id}", kind=SWITCH_OFF, payload=payload, now=now)
    if offer.budget_month is not None and offer.reserved_minor:
        cause = Cause(f"release/{offer.offer_id}", now, offer.offer_id)
        budgets.release(db, offer.shop_id, month=offer.budget_month, amount=offer.reserved_minor, cause=cause)


def shop(db: Connection, shop_id: int) -> None:
    """Erases a shop whole."""
    erasure.erase_shop(db, shop_id)
