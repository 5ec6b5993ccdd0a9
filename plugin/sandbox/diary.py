"""What a player of the store's life needs to go on where it stopped: how far it lived, and what happened already."""

from __future__ import annotations

import csv
import json
import sqlite3
from contextlib import AbstractContextManager
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from plugin.sandbox.store import Store
from plugin.sandbox.times import kept

LIVED = "lived_until"


class Book(Protocol):
    """Where a store of either platform keeps what it knows."""

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing of what is done inside."""


def lived_until(store: Book) -> date | None:
    """The last day that was lived to its end, None for a store that has just opened."""
    with store.transaction() as connection:
        row = connection.execute("SELECT value FROM settings WHERE key = ?", (LIVED,)).fetchone()
    return None if row is None else date.fromisoformat(json.loads(row["value"])["day"])


def mark_lived(store: Book, day: date) -> None:
    """A day is over."""
    told = json.dumps({"day": day.isoformat()})
    with store.transaction() as connection:
        connection.execute(
            "INSERT INTO settings (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (LIVED, told),
        )


def has_bought(store: Store, customer_id: int, at: datetime) -> bool:
    """Whether this customer bought at this very moment already."""
    with store.transaction() as connection:
        found = connection.execute(
            "SELECT 1 FROM orders WHERE customer_id = ? AND created_at = ?", (customer_id, kept(at))
        ).fetchone()
    return found is not None


def know(store: Store, customer_id: int, name: str, at: datetime) -> None:
    """Makes an account for a customer who has none yet."""
    with store.transaction() as connection:
        known = connection.execute("SELECT 1 FROM customers WHERE id = ?", (customer_id,)).fetchone()
    if known is None:
        store.add_customer(customer_id, name, at=at)


def write_orders(store: Store, path: Path) -> int:
    """All orders as a CSV file with the columns order_id,customer_id,ordered_at,total,currency; answers how many."""
    with store.transaction() as connection:
        rows = connection.execute("SELECT body FROM orders ORDER BY number").fetchall()
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(("order_id", "customer_id", "ordered_at", "total", "currency"))
        for row in rows:
            body = json.loads(row["body"])
            customer = body["customer"] or {}
            out.writerow(
                (
                    body["id"],
                    customer.get("id", ""),
                    body["processed_at"],
                    body["current_total_price"],
                    body["currency"],
                )
            )
    return len(rows)
