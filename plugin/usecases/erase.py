"""Forgets a customer or a shop, in every table and every copy."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import Connection

from plugin.usecases import give_back, switch_off
from plugin.vault import Vault
from storage import customers, disclosure, erasure, offers
from webhooks import intake

#: no store gives this as an id
NOBODY = "named by address only"
#: how the keys of calls begin that switch codes of the erased off
OFF = "off/"


def customer(
    db: Connection,
    shop_id: int,
    customer_id: str,
    *,
    now: datetime,
    vault: Vault,
    needles: Sequence[bytes] = (),
    order_ids: Collection[str] = (),
) -> int:
    """Erases one customer under every id they had, and remembers only keyed fingerprints: nothing late comes back.

    Codes that may be live in the store are switched off afterwards. ``order_ids`` are orders of theirs that the store
    names, placed as a guest perhaps. Answers the number of rows that went. Call ``storage.erasure.scrub`` after the
    commit.
    """

    def of_order(order_id: str) -> str:
        return fingerprints(vault, shop_id, intake.order(order_id))[0]

    gone = 0
    for one in sorted(customers.family(db, shop_id, customer_id)):
        live = [each for each in offers.of_customers(db, shop_id, [one]).get(one, []) if each.state in offers.OPEN]
        give_back.money(db, shop_id, live, now=now)
        mark = fingerprints(vault, shop_id, one)[0]
        gone += erasure.erase_customer(
            db, shop_id, one, fingerprint=mark, needles=needles, now=now, order_ids=order_ids, of_order=of_order
        )
        # after that, for it takes away all calls about these offers: the codes must end up dead in the store
        for offer in live:
            if offer.code:
                switch_off.later(db, offer, key=f"{OFF}{offer.offer_id}", now=now)
    return gone


def person(
    db: Connection,
    shop_id: int,
    customer_id: str | None,
    *,
    needles: Sequence[bytes],
    now: datetime,
    vault: Vault,
    order_ids: Collection[str] = (),
) -> None:
    """Erases whom a store asks to forget.

    One it names by address or by orders only is whose orders they are; one of whom there is no row has no other trace
    than kept deliveries, which are emptied.
    """
    found = {customer_id} if customer_id else disclosure.owners(db, shop_id, order_ids) or {NOBODY}
    for who in sorted(found):
        customer(db, shop_id, who, now=now, vault=vault, needles=needles, order_ids=order_ids)


def fingerprints(vault: Vault, shop_id: int, name: str) -> Sequence[str]:
    """How an erased customer, or ``intake.order``, is recognised without being remembered: one for each secret key."""
    return vault.fingerprints("erased", str(shop_id), name)


def shop(db: Connection, shop_id: int) -> None:
    """Erases a shop whole."""
    erasure.erase_shop(db, shop_id)
