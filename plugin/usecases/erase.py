"""Forgets a customer or a shop, in every table and every copy."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from plugin.vault import Vault
from storage import erasure, offers, outbox

SWITCH_OFF = "switch_off"
#: no store gives this as an id
NOBODY = "named by address only"


def customer(
    db: Connection, shop_id: int, customer_id: str, *, now: datetime, vault: Vault, needles: Sequence[bytes] = ()
) -> int:
    """Erases one customer and remembers only a keyed fingerprint, so that a late delivery brings nothing back.

    Codes that may be live in the store are switched off afterwards. Answers the number of rows that went.
    Call ``storage.erasure.scrub`` after the commit.
    """
    for offer in offers.of_customers(db, shop_id, [customer_id]).get(customer_id, []):
        if offer.code and offer.state in {"sending", "issued"}:
            outbox.put(db, shop_id, key=f"off/{offer.offer_id}", kind=SWITCH_OFF, payload={"code": offer.code}, now=now)
    fingerprint = vault.fingerprints("erased", str(shop_id), customer_id)[0]
    return erasure.erase_customer(db, shop_id, customer_id, fingerprint=fingerprint, needles=needles, now=now)


def person(
    db: Connection, shop_id: int, customer_id: str | None, *, needles: Sequence[bytes], now: datetime, vault: Vault
) -> None:
    """Erases whom a store asks to forget; one it names by address only has no rows, and kept deliveries are emptied."""
    customer(db, shop_id, customer_id or NOBODY, now=now, vault=vault, needles=needles)


def shop(db: Connection, shop_id: int) -> None:
    """Erases a shop whole."""
    erasure.erase_shop(db, shop_id)
