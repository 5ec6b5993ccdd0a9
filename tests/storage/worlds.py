"""Small worlds of facts: few names and few instants, so that everything meets everything."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import uuid4

from hypothesis import strategies as st
from sqlalchemy import Connection

from storage import customers, orders, shops
from storage.budgets import Cause
from storage.facts import CodeFact, CustomerFact, LineFact, MergeFact, OrderFact, RefundFact

START = datetime(2026, 3, 1, tzinfo=UTC)
NUMBERS = count()
Fact = OrderFact | RefundFact | CustomerFact | MergeFact

instants = st.integers(0, 3).map(lambda hours: START + timedelta(hours=hours))
customer_ids = st.sampled_from(["c1", "c2", "c3", "c4"])
order_ids = st.sampled_from(["o1", "o2", "o3"])
minors = st.integers(0, 4).map(lambda n: n * 25)

lines = st.builds(
    LineFact,
    line_id=st.sampled_from(["l1", "l2"]),
    product_id=st.none() | st.just("p1"),
    variant_id=st.none(),
    quantity=st.integers(0, 2),
    total_minor=minors,
    gift_card=st.booleans(),
)
order_facts = st.builds(
    OrderFact,
    order_id=order_ids,
    customer_id=st.none() | customer_ids,
    ordered_at=instants,
    updated_at=instants,
    cancelled_at=st.none() | instants,
    test=st.sampled_from([False, False, True]),
    paid=st.sampled_from([True, True, False]),
    currency=st.just("EUR"),
    gross_minor=minors,
    current_minor=minors,
    codes=st.lists(st.builds(CodeFact, code=st.sampled_from(["A", "b"]), discount_minor=minors), max_size=2).map(tuple),
    lines=st.lists(lines, max_size=2, unique_by=lambda line: line.line_id).map(tuple),
    channel=st.sampled_from([None, "web", "pos"]),
    country=st.sampled_from([None, "DE"]),
)
refund_facts = st.builds(
    RefundFact,
    refund_id=st.sampled_from(["r1", "r2", "r3"]),
    order_id=order_ids,
    refunded_at=instants,
    amount_minor=minors,
    currency=st.just("EUR"),
)
customer_facts = st.builds(CustomerFact, customer_id=customer_ids, updated_at=instants, deleted=st.booleans())
merge_facts = st.builds(MergeFact, kept_id=customer_ids, gone_id=customer_ids, merged_at=instants).filter(
    lambda fact: fact.kept_id != fact.gone_id
)
facts: st.SearchStrategy[Fact] = st.one_of(order_facts, order_facts, refund_facts, customer_facts, merge_facts)


def new_shop(db: Connection) -> int:
    """One more empty shop."""
    domain = f"shop-{next(NUMBERS)}.myshopify.com"
    connected = shops.install(
        db, platform="shopify", domain=domain, credentials=None, scopes="", now=START, nightly_due_at=START
    )
    return connected.shop_id


def take(db: Connection, shop_id: int, batch: Sequence[Fact]) -> set[str]:
    """Takes a batch of mixed facts as a worker does; the customers touched."""
    touched: set[str] = set()
    for fact in _only(MergeFact, batch):
        touched |= customers.merge(db, shop_id, fact)
    touched |= orders.record_many(db, shop_id, _only(OrderFact, batch), _only(RefundFact, batch))
    customers.record_many(db, shop_id, _only(CustomerFact, batch))
    return touched


def order(order_id: str = "o1", customer_id: str | None = "c1", **changed: object) -> OrderFact:
    """An ordinary order of 100.00, unless told otherwise."""
    values: dict[str, object] = {
        "ordered_at": START, "updated_at": START, "cancelled_at": None, "test": False, "paid": True, "currency": "EUR",
        "gross_minor": 10_000, "current_minor": 10_000,
    }  # fmt: skip
    return OrderFact(order_id=order_id, customer_id=customer_id, **(values | changed))  # type: ignore[arg-type]


def _only(kind: type[Any], batch: Iterable[Fact]) -> list[Any]:
    return [fact for fact in batch if isinstance(fact, kind)]


def any_cause() -> Cause:
    """A cause that no books know yet."""
    return Cause(uuid4().hex, START)
