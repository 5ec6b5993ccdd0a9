"""The life of an order: placed, invoiced, shipped, refunded, cancelled, held. Each change moves ``updated_at``."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from plugin.sandbox.magento import order_progress
from plugin.sandbox.magento.creditmemos import creditmemo_body
from plugin.sandbox.magento.refusals import Refused
from plugin.sandbox.magento.searching import Source
from plugin.sandbox.magento.values import Body, in_order, moment, number, stamp

ORDERS = Source(
    table="orders",
    key="entity_id",
    columns={
        name: name
        for name in ("entity_id", "increment_id", "store_id", "state", "status", "customer_id", "customer_email",
                     "coupon_code", "created_at", "updated_at")
    },
)  # fmt: skip
CREDITMEMOS = Source(
    table="creditmemos",
    key="entity_id",
    columns={name: name for name in ("entity_id", "order_id", "store_id", "created_at", "updated_at")},
)
#: what can be cancelled or invoiced still
OPEN = frozenset({"new", "pending_payment", "payment_review"})


def next_number(connection: sqlite3.Connection) -> int:
    """The number of the next order."""
    return int(connection.execute("SELECT coalesce(max(entity_id), 0) + 1 FROM orders").fetchone()[0])


def insert(connection: sqlite3.Connection, body: Body) -> None:
    """Keeps a new order."""
    columns = [name for name in ORDERS.columns if name != "entity_id"]
    connection.execute(
        f"INSERT INTO orders (entity_id, {', '.join(columns)}, body) VALUES (?{', ?' * (len(columns) + 1)})",  # noqa: S608 (names from this file)
        (body["entity_id"], *(body.get(name) for name in columns), json.dumps(body)),
    )


def get(connection: sqlite3.Connection, entity_id: int) -> Body:
    """The order as the API shows it. Raises Refused when there is none."""
    row = connection.execute("SELECT body FROM orders WHERE entity_id = ?", (entity_id,)).fetchone()
    if row is None:
        raise Refused(404, "The entity that was requested doesn't exist. Verify the entity and try again.")
    body: Body = json.loads(row["body"])
    return body


def invoice(connection: sqlite3.Connection, entity_id: int, now: datetime) -> Body:
    """It is paid: ``processing``. Raises Refused for one that is not open."""
    body = get(connection, entity_id)
    if body["state"] not in OPEN:
        raise Refused(400, "Invoice Document Validation Error(s):\nAn invoice cannot be created when an order has a status of %1.", [body["status"]])  # fmt: skip
    body = order_progress.invoiced(body)
    return _save(connection, body, state="processing", status="processing", now=now)


def ship(connection: sqlite3.Connection, entity_id: int, now: datetime) -> Body:
    """The goods are on their way: ``complete``. Raises Refused for one that is not paid."""
    body = get(connection, entity_id)
    if body["state"] != "processing":
        raise Refused(400, "Shipment Document Validation Error(s):\nThe order does not allow a shipment to be created.")
    for item in body["items"]:
        item["qty_shipped"] = item["qty_ordered"]
    return _save(connection, body, state="complete", status="complete", now=now)


def cancel(connection: sqlite3.Connection, entity_id: int, now: datetime) -> Body:
    """Cancels what was not paid; the total stays, and is told as cancelled. Raises Refused for what was paid."""
    body = get(connection, entity_id)
    if body["state"] not in OPEN:
        raise Refused(400, "We cannot cancel this order.")
    body = order_progress.cancelled(body)
    return _save(connection, body, state="canceled", status="canceled", now=now)


def hold(connection: sqlite3.Connection, entity_id: int, now: datetime) -> Body:
    """The merchant holds it back; ``release`` brings it back to where it was."""
    body = get(connection, entity_id)
    body |= {"hold_before_state": body["state"], "hold_before_status": body["status"]}
    return _save(connection, body, state="holded", status="holded", now=now)


def release(connection: sqlite3.Connection, entity_id: int, now: datetime) -> Body:
    """Ends the hold."""
    body = get(connection, entity_id)
    state, status = body.pop("hold_before_state"), body.pop("hold_before_status")
    return _save(connection, body, state=state, status=status, now=now)


@dataclass(frozen=True, slots=True, kw_only=True)
class Back:
    """What is given back: ``amount`` in all; pieces of which lines, and so much of the carriage and besides."""

    amount: Decimal
    goods: Mapping[int, Decimal] = field(default_factory=dict)
    carriage: Decimal = Decimal(0)
    extra: Decimal = Decimal(0)
    #: what the memo says of ``extra``
    adjusted: bool = False


def refund(connection: sqlite3.Connection, entity_id: int, back: Back, now: datetime) -> tuple[Body, Body]:
    """Gives money back; the order and the credit memo. With all that was left it is ``closed``. Raises Refused."""
    body = get(connection, entity_id)
    left = paid(body) - refunded(body)
    if not 0 < back.amount <= left:
        told = "Creditmemo Document Validation Error(s):\nThe most money available to refund is %1."
        raise Refused(400, told.replace("%1", str(number(left))))
    whole = back.amount == left
    if whole and not back.goods:
        rest = {
            item["item_id"]: Decimal(item["qty_invoiced"] - item["qty_refunded"])
            for item in body["items"] if "parent_item_id" not in item
        }  # fmt: skip
        back = replace(back, goods={one: pieces for one, pieces in rest.items() if pieces})
    body = order_progress.given_back(body, back.amount, back.goods, carriage=back.carriage, extra=back.extra)
    state = {"state": "closed", "status": "closed"} if whole else {"state": body["state"], "status": body["status"]}
    body = _save(connection, body, now=now, **state)
    return body, _memo(connection, body, back)


def paid(body: Body) -> Decimal:
    """What was taken."""
    return Decimal(str(body.get("base_total_paid", 0)))


def refunded(body: Body) -> Decimal:
    """What was given back."""
    return Decimal(str(body.get("base_total_refunded", 0)))


def _save(connection: sqlite3.Connection, body: Body, *, state: str, status: str, now: datetime) -> Body:
    # a second later than the last change, so that the newest can be told
    at = max(now, moment(body["updated_at"]) + timedelta(seconds=1))
    body = in_order(body | {"state": state, "status": status, "updated_at": stamp(at)})
    connection.execute(
        "UPDATE orders SET state = ?, status = ?, customer_id = ?, updated_at = ?, body = ? WHERE entity_id = ?",
        (state, status, body.get("customer_id"), body["updated_at"], json.dumps(body), body["entity_id"]),
    )
    return body


def _memo(connection: sqlite3.Connection, body: Body, back: Back) -> Body:
    entity_id = int(connection.execute("SELECT coalesce(max(entity_id), 0) + 1 FROM creditmemos").fetchone()[0])
    memo = creditmemo_body(
        entity_id, body, back.amount, back.goods, carriage=back.carriage, extra=back.extra, adjusted=back.adjusted
    )
    connection.execute(
        "INSERT INTO creditmemos VALUES (?, ?, ?, ?, ?, ?)",
        (entity_id, body["entity_id"], body["store_id"], memo["created_at"], memo["updated_at"], json.dumps(memo)),
    )
    return memo
