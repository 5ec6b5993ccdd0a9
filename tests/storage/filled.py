"""A shop with something in every table, always the same for the same names."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection

from storage import (
    budgets,
    customers,
    decisions,
    inbox,
    known,
    notes,
    offers,
    orders,
    outbox,
    programs,
    redemptions,
    snapshots,
)
from storage.budgets import Cause
from storage.facts import CustomerFact, RefundFact
from tests.storage.test_offers import offer
from tests.storage.worlds import START, order

LATER = START + timedelta(days=1)


def fill(db: Connection, shop_id: int, people: range) -> None:
    """Gives every one of these people a row in every table that knows people."""
    programs.append(db, shop_id, body={"key": "first"}, author="merchant", note="", now=START)
    customers.record_many(db, shop_id, [CustomerFact(customer_id=customer(one), updated_at=START) for one in people])
    refunded = [
        RefundFact(refund_id=f"8800{one}", order_id=bought(one), refunded_at=START, amount_minor=1, currency="EUR")
        for one in people
    ]
    orders.record_many(db, shop_id, [order(bought(one), customer(one)) for one in people], refunded)
    told, whom = [bought(one) for one in people], [customer(one) for one in people]
    known.tell(db, shop_id, order_ids=told, customer_ids=whom, now=START)
    known.keep_model(db, shop_id, {"gaps": None}, at=START, everyone=True)
    known.watch(db, shop_id, START)
    inbox.keep(db, [delivery(shop_id, one) for one in people])
    snapshots.keep_many(db, shop_id, [measured(customer(one)) for one in people])
    decided = {"decided_at": START, "program_version": 1, "outcome": "hold", "reasons": []}
    decisions.keep_many(
        db, shop_id, [{"customer_id": customer(one), "inputs": {"last": bought(one)}, **decided} for one in people]
    )
    notes.keep_told(db, shop_id, {customer(one): {"fields": {"group": "new"}, "tags": []} for one in people}, now=START)
    offers.open_many(db, shop_id, [offer(f"offer{one}", customer_id=customer(one)) for one in people])
    for one in people:
        outbox.put(
            db, shop_id, key=f"tell {customer(one)}", kind="tell", payload={"to": email(one).decode()}, now=START
        )
        used = {"ordered_at": START, "discount_minor": 5, "leaked": False}
        redemptions.record(db, shop_id, offer_id=f"offer{one}", order_id=bought(one), **used)
    budgets.reserve(db, shop_id, month="2026-03", amount=100, cap=1000, cause=Cause("reserve", START))


def customer(one: int) -> str:
    """The id of a person, as long as Shopify's."""
    return f"77000000{one:05d}"


def bought(one: int) -> str:
    """The id of that person's order."""
    return f"55000000{one:05d}"


def email(one: int) -> bytes:
    """That person's address."""
    return b"person%d@example.com" % one


def body(one: int) -> bytes:
    """What the store sends when that person orders."""
    told = {
        "id": int(bought(one)),
        "customer": {"id": int(customer(one)), "email": email(one).decode()},
        "note": "ü" * 50,
    }
    return json.dumps(told).encode()


def delivery(shop_id: int, one: int) -> inbox.Delivery:
    """The delivery of that person's order."""
    return inbox.Delivery(
        shop_id=shop_id, delivery_id=f"delivery {one}", topic="orders/create", received_at=START, body=body(one)
    )


def measured(customer_id: str) -> dict[str, Any]:
    """A measurement of a customer."""
    none = ("gap_trend", "expected_next_order_at", "lapsing_at", "lost_at", "median_gap_days", "tier")
    return {
        "customer_id": customer_id, "as_of": START, "order_count": 1, "first_order_at": START, "last_order_at": START,
        "spend_total_minor": 10_000, "spend_365d_minor": 10_000, "recency_days": 0, "tenure_days": 0, "r": 5, "f": 1,
        "m": 3, "group": "new", "usual_gap_days": 30.5, "lateness": "on_time", "late_at": LATER, "p_order_90d": 0.25,
        "predicted_spend_365d_minor": 4000, "next_check_at": LATER, **dict.fromkeys(none),
    }  # fmt: skip
