"""Everything that is kept about one customer, for the customer; and who still waits to be told."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select, update

from storage.tables import (
    budget_entries,
    customers,
    decisions,
    known_orders,
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
OWN = (customers, orders, known_orders, snapshots, offers, decisions)
#: tables that belong to a customer's orders
OF_ORDERS = (order_lines, refunds, redemptions)
#: and to their offers
OF_OFFERS = (budget_entries,)


def everything(db: Connection, shop_id: int, customer_id: str) -> dict[str, list[dict[str, Any]]]:
    """All rows about a customer by table, in the order of their keys; tables with none are left out."""
    told = {table.name: _rows(db, shop_id, table, table.c.customer_id, [customer_id]) for table in OWN}
    bought = [row["order_id"] for row in told["orders"]]
    told |= {table.name: _rows(db, shop_id, table, table.c.order_id, bought) for table in OF_ORDERS}
    offered = [row["offer_id"] for row in told["offers"]]
    told |= {table.name: _rows(db, shop_id, table, table.c.offer_id, offered) for table in OF_OFFERS}
    return {name: rows for name, rows in told.items() if rows}


def waiting(db: Connection, shop_id: int, kind: str) -> list[dict[str, Any]]:
    """The payloads of outbox rows of this kind that nobody has settled, oldest first."""
    mine = (outbox.c.shop_id == shop_id, outbox.c.kind == kind, outbox.c.state == "waiting")
    return list(db.execute(select(outbox.c.payload).where(*mine).order_by(outbox.c.outbox_row)).scalars())


def answered(db: Connection, shop_id: int, kind: str, payload: dict[str, Any], now: datetime) -> int:
    """Settles the outbox rows of this kind with this payload; how many."""
    mine = (outbox.c.shop_id == shop_id, outbox.c.kind == kind, outbox.c.state == "waiting")
    settled = {"state": "done", "settled_at": now, "claimed_until": None, "fence": outbox.c.fence + 1}
    return db.execute(update(outbox).where(*mine, outbox.c.payload == payload).values(settled)).rowcount


def _rows(db: Connection, shop_id: int, table: Any, column: Any, values: list[str]) -> list[dict[str, Any]]:
    statement = select(table).where(table.c.shop_id == shop_id, among(db, column, values))
    found = db.execute(statement.order_by(*table.primary_key.columns)).mappings()
    return [{name: value for name, value in row.items() if name != "shop_id"} for row in found]
