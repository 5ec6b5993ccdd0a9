"""Orders: placed with or without a code, cancelled, refunded."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from plugin.sandbox import customers, discounts
from plugin.sandbox.bodies import Body, ShopFacts
from plugin.sandbox.discounts import Discount
from plugin.sandbox.order_bodies import FIRST_NUMBER, Line, Taken, order_body
from plugin.sandbox.refunds import give_back
from plugin.sandbox.times import kept, read, with_offset

FIRST_ID = 9_200_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedOrder:
    """What the visitor is told; ``total`` is what was paid, after ``discount``."""

    order_id: int
    name: str
    total: Decimal
    discount: Decimal
    code: str | None
    at: datetime


def place(
    connection: sqlite3.Connection,
    shop: ShopFacts,
    *,
    customer_id: int | None,
    lines: Sequence[Line],
    shipping: Decimal = Decimal(0),
    code: str | None,
    at: datetime,
    test: bool,
) -> tuple[PlacedOrder, Body]:
    """Buys. Raises CodeRefused, and ValueError for a customer that the store does not have."""
    customer = None if customer_id is None else customers.body(connection, customer_id, shop)
    if customer is None and customer_id is not None:
        raise ValueError(f"There is no customer {customer_id}.")
    discount = _wanted(connection, code, customer_id=customer_id, lines=lines, shipping=shipping, at=at)
    taken = _taken(discount, lines, shipping, shop.currency) if discount else None
    number = _next_number(connection)
    body = order_body(
        shop=shop,
        order_id=FIRST_ID + number,
        number=number,
        at=at,
        customer=customer,
        lines=lines,
        shipping=shipping,
        taken=taken,
        test=test,
    )
    _insert(connection, body, customer_id=customer_id, at=at)
    if discount:
        discounts.redeem(connection, discount, order_id=body["id"], customer_id=customer_id, at=at)
    return _placed(body, taken, at), body


def cancel(
    connection: sqlite3.Connection, shop: ShopFacts, order_id: int, *, now: datetime, refund: bool
) -> tuple[Body, Body | None]:
    """Cancels; the money goes back unless it was never taken. Returns the order and the refund. Raises ValueError."""
    body = get(connection, order_id)
    if body["cancelled_at"] is not None:
        raise ValueError(f"Order {order_id} is cancelled already.")
    at = _after(connection, order_id, now)
    left = Decimal(body["current_total_price"])
    refunded = give_back(body, left, at=at, zone=shop.zone, restock_type="cancel") if refund else None
    body |= {
        "cancelled_at": with_offset(at, shop.zone),
        "closed_at": with_offset(at, shop.zone),
        "cancel_reason": "customer",
    }
    if not refund:
        body["financial_status"] = "voided"
    _update(connection, body, shop=shop, at=at)
    return body, refunded


def refund(
    connection: sqlite3.Connection, shop: ShopFacts, order_id: int, amount: Decimal, *, now: datetime
) -> tuple[Body, Body]:
    """Gives money back; when it is all that is left, the goods come back too. Raises ValueError."""
    body = get(connection, order_id)
    at = _after(connection, order_id, now)
    everything = amount == Decimal(body["current_total_price"])
    refunded = give_back(body, amount, at=at, zone=shop.zone, restock_type="return" if everything else None)
    _update(connection, body, shop=shop, at=at)
    return body, refunded


def get(connection: sqlite3.Connection, order_id: int) -> Body:
    """The order as webhooks carry it. Raises ValueError when there is none."""
    row = connection.execute("SELECT body FROM orders WHERE id = ?", (order_id,)).fetchone()
    if row is None:
        raise ValueError(f"There is no order {order_id}.")
    body: Body = json.loads(row["body"])
    return body


def touch(connection: sqlite3.Connection, shop: ShopFacts, body: Body, *, now: datetime) -> None:
    """Keeps an order that was changed in place, as updated now."""
    _update(connection, body, shop=shop, at=_after(connection, body["id"], now))


def _wanted(
    connection: sqlite3.Connection,
    code: str | None,
    *,
    customer_id: int | None,
    lines: Sequence[Line],
    shipping: Decimal,
    at: datetime,
) -> Discount | None:
    if code is None or not code.strip():
        return None
    return discounts.accepted(connection, code, customer_id=customer_id, lines=lines, shipping=shipping, at=at)


def _taken(discount: Discount, lines: Sequence[Line], shipping: Decimal, currency: str) -> Taken:
    terms, off = discount.terms, discount.off(lines, shipping, currency)
    kind, value = "fixed_amount", str(terms.amount)
    if terms.shipping:
        kind, value = "shipping", "100.0"
    elif terms.fraction is not None:
        kind, value = "percentage", f"{terms.fraction * 100:.1f}"
    chosen = bool(terms.products or terms.collections)
    return Taken(code=terms.code, lines=off.lines, shipping=off.shipping, kind=kind, value=value, chosen=chosen)


def _next_number(connection: sqlite3.Connection) -> int:
    row = connection.execute("SELECT coalesce(max(number), ?) + 1 FROM orders", (FIRST_NUMBER - 1,)).fetchone()
    return int(row[0])


def _insert(connection: sqlite3.Connection, body: Body, *, customer_id: int | None, at: datetime) -> None:
    connection.execute(
        "INSERT INTO orders (id, number, customer_id, created_at, processed_at, updated_at, body) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (body["id"], body["order_number"], customer_id, kept(at), kept(at), kept(at), json.dumps(body)),
    )


def _after(connection: sqlite3.Connection, order_id: int, now: datetime) -> datetime:
    """Now, but a second later than the last change at least: bodies tell whole seconds, and newest must win."""
    row = connection.execute("SELECT updated_at FROM orders WHERE id = ?", (order_id,)).fetchone()
    return max(now, read(row["updated_at"]) + timedelta(seconds=1))


def _update(connection: sqlite3.Connection, body: Body, *, shop: ShopFacts, at: datetime) -> None:
    body["updated_at"] = with_offset(at, shop.zone)
    connection.execute(
        "UPDATE orders SET updated_at = ?, body = ? WHERE id = ?", (kept(at), json.dumps(body), body["id"])
    )


def _placed(body: Body, taken: Taken | None, at: datetime) -> PlacedOrder:
    return PlacedOrder(
        order_id=body["id"],
        name=body["name"],
        total=Decimal(body["total_price"]),
        discount=Decimal(body["total_discounts"]),
        code=taken.code if taken else None,
        at=at,
    )
