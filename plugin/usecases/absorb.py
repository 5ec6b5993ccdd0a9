"""Takes understood deliveries in: facts recorded, redemptions matched, customers measured, decisions made. One transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from plugin.rewards import stored
from plugin.usecases import (
    ask_scopes,
    ask_tags,
    disclose,
    erase,
    keep_currency,
    leave,
    make_offers,
    measure,
    merge_offers,
    redact_shop,
    redeem,
    sweep,
)
from plugin.usecases.make_offers import Issuer
from plugin.vault import Vault
from storage import imports, known, outbox, programs, shops
from webhooks import intake

REFETCH = "refetch_order"


@dataclass(frozen=True, slots=True, kw_only=True)
class Absorbed:
    """How much came in."""

    customers: int
    erased: bool


def deliveries(
    db: Connection, understood: intake.Understood, *, now: datetime, vault: Vault, issuer: Issuer
) -> Absorbed:
    """Everything that follows from a batch of deliveries, so that all of it holds or none."""
    recorded = intake.record(db, understood, fingerprints=fingerprints(vault), now=now)
    for shop_id, at in recorded.uninstalled.items():
        leave.heard(db, shop_id, at, now=now)
    for shop_id in sorted({row.shop_id for row, facts in understood.heard if facts.shop is not None}):
        keep_currency.check(db, shop_id)
    for asked, more in ((recorded.refetch, {}), (recorded.hinted, {"hinted": True})):
        for shop_id, order_ids in asked.items():
            for order_id in order_ids:
                key = f"refetch/{order_id}/{now.isoformat()}"
                outbox.put(db, shop_id, key=key, kind=REFETCH, payload={"order_id": order_id, **more}, now=now)
    _follow_hints(db, recorded, now=now)
    for shop_id in sorted(recorded.touched.keys() | recorded.orders.keys()):
        touched, told = recorded.touched.get(shop_id, set()), recorded.orders.get(shop_id, set())
        merge_offers.settle(db, shop_id, recorded.merged.get(shop_id, set()), now=now)
        follow_up(db, shop_id, touched, told, now=now, issuer=issuer)
    erased = _honour_privacy(db, recorded, now=now, vault=vault)
    return Absorbed(customers=sum(map(len, recorded.touched.values())), erased=erased)


def _follow_hints(db: Connection, recorded: intake.Recorded, *, now: datetime) -> None:
    """What was told of without saying how it is now is asked for."""
    for shop_id, retagged in recorded.retagged.items():
        ask_tags.changed(db, shop_id, retagged, now=now)
    for shop_id, discount_ids in recorded.discounts.items():
        sweep.heard(db, shop_id, discount_ids, now=now)
    for shop_id in sorted(recorded.rescoped):
        ask_scopes.changed(db, shop_id, now=now)
    for shop_id, operations in recorded.operations.items():
        imports.hurry(db, shop_id, sorted(operations), now)


def follow_up(
    db: Connection, shop_id: int, touched: Collection[str], order_ids: Collection[str], *, now: datetime, issuer: Issuer
) -> None:
    """What new facts about some customers of a shop lead to."""
    shop = shops.get(db, shop_id)
    if redeem.from_orders(db, shop, order_ids).held:
        shop = shops.get(db, shop_id)
    if not touched:
        return
    current = programs.current(db, shop_id)
    program = stored.from_stored(current.body) if current else None
    known.tell(db, shop_id, order_ids=order_ids, customer_ids=touched, now=now)
    model = measure.known_model(db, shop, as_of=now)
    measured = measure.afresh(db, shop, touched, as_of=now, program=program, model=model)
    make_offers.for_customers(db, shop, touched, as_of=now, issuer=issuer, current=current, measured=measured)
    measured.write(db, shop_id)


def fingerprints(vault: Vault) -> intake.Fingerprints:
    """How erased customers, and ``intake.order``, are recognised without being remembered."""
    return lambda shop_id, name: erase.fingerprints(vault, shop_id, name)


def _honour_privacy(db: Connection, recorded: intake.Recorded, *, now: datetime, vault: Vault) -> bool:
    """Answers whether anything was erased."""
    for shop_id, asked in recorded.data_requests.items():
        for request in asked:
            about, orders = request.customer_id, request.order_ids
            disclose.asked(db, shop_id, request_id=request.request_id, customer_id=about, order_ids=orders, now=now)
    for shop_id, heard_again in recorded.erased_before.items():
        # nothing of them was recorded; the delivery itself must not stay either
        for customer_id in sorted(heard_again):
            erase.customer(db, shop_id, customer_id, now=now, vault=vault)
    for shop_id, order_ids in recorded.erased_orders.items():
        erase.person(db, shop_id, None, needles=(), now=now, vault=vault, order_ids=order_ids)
    for shop_id, gone in recorded.redact_customers.items():
        for person in gone:
            erase.person(
                db,
                shop_id,
                person.customer_id,
                needles=person.needles,
                now=now,
                vault=vault,
                order_ids=person.order_ids,
            )
    forgotten = [
        redact_shop.asked(db, shop_id, asked_at=asked_at, now=now)
        for shop_id, asked_at in recorded.redact_shops.items()
    ]
    return bool(recorded.redact_customers or recorded.erased_before or recorded.erased_orders or any(forgotten))
