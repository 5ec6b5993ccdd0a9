"""Everything that is kept about one customer, for the customer; and who still waits to be told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from storage.tables import (
    budget_entries,
    customers,
    decisions,
    known_orders,
    notes,
    offers,
    order_lines,
    orders,
    outbox,
    redemptions,
    refunds,
    snapshots,
)
from storage.upserts import among

#: tables that name the customer themselves
OWN = (customers, orders, known_orders, snapshots, offers, decisions, notes)
#: tables that belong to a customer's orders
OF_ORDERS = (order_lines, refunds, redemptions)
#: and to their offers
OF_OFFERS = (budget_entries,)
#: what such rows say of the shop and its money, and not of the customer
OF_THE_SHOP = frozenset({"shop_id", "reserved_after", "booked_after", "cap_minor"})


def everything(
    db: Connection, shop_id: int, customer_ids: Collection[str], order_ids: Collection[str] = ()
) -> dict[str, list[dict[str, Any]]]:
    """All rows about a person under every id they had, by table, in the order of their keys; empty tables are left out.

    ``order_ids`` are further orders of theirs, placed as a guest: those that have an owner are not told.
    """
    told = {table.name: _rows(db, shop_id, table, table.c.customer_id, customer_ids) for table in OWN}
    told["orders"] += [
        row for row in _rows(db, shop_id, orders, orders.c.order_id, order_ids) if not row["customer_id"]
    ]
    bought = [row["order_id"] for row in told["orders"]]
    told |= {table.name: _rows(db, shop_id, table, table.c.order_id, bought) for table in OF_ORDERS}
    offered = [row["offer_id"] for row in told["offers"]]
    told |= {table.name: _rows(db, shop_id, table, table.c.offer_id, offered) for table in OF_OFFERS}
    return {name: rows for name, rows in told.items() if rows}


def owners(db: Connection, shop_id: int, order_ids: Collection[str]) -> set[str]:
    """Whose orders these are, as far as they are known and no guest's."""
    mine = (orders.c.shop_id == shop_id, orders.c.customer_id.is_not(None), among(db, orders.c.order_id, order_ids))
    return set(db.execute(select(orders.c.customer_id).where(*mine)).scalars())


def waiting(db: Connection, shop_id: int, kind: str) -> list[dict[str, Any]]:
    """The payloads of outbox rows of this kind that nobody has settled, oldest first."""
    return [row.payload for row in _waiting(db, shop_id, kind)]


def waiting_since(db: Connection, shop_id: int, kind: str) -> datetime | None:
    """When the oldest of them was written down."""
    return next((row.created_at for row in _waiting(db, shop_id, kind)), None)


def answered(db: Connection, shop_id: int, kind: str, customer_ids: Collection[str], now: datetime) -> int:
    """Settles the outbox rows of this kind that are about one of these customers; how many."""
    mine = [row.outbox_row for row in _waiting(db, shop_id, kind) if row.payload.get("customer_id") in customer_ids]
    settled = {"state": "done", "settled_at": now, "claimed_until": None, "fence": outbox.c.fence + 1}
    which = (outbox.c.shop_id == shop_id, among(db, outbox.c.outbox_row, mine))
    return db.execute(update(outbox).where(*which).values(settled)).rowcount


def _waiting(db: Connection, shop_id: int, kind: str) -> Sequence[Any]:
    mine = (outbox.c.shop_id == shop_id, outbox.c.kind == kind, outbox.c.state == "waiting")
    columns = (outbox.c.outbox_row, outbox.c.payload, outbox.c.created_at)
    return db.execute(select(*columns).where(*mine).order_by(outbox.c.outbox_row)).all()


def _rows(db: Connection, shop_id: int, table: Any, column: Any, values: Collection[str]) -> list[dict[str, Any]]:
    statement = select(table).where(table.c.shop_id == shop_id, among(db, column, values))
    found = db.execute(statement.order_by(*table.primary_key.columns)).mappings()
    return [{name: value for name, value in row.items() if name not in OF_THE_SHOP} for row in found]
