"""The store's customers."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from datetime import datetime

from plugin.sandbox.bodies import Body, ShopFacts, customer_body
from plugin.sandbox.times import kept, read

_COUNTED = (
    "SELECT c.id, c.first_name, c.last_name, count(o.id) AS orders_count"
    " FROM customers c LEFT JOIN orders o ON o.customer_id = c.id"
)


def add(connection: sqlite3.Connection, customer_id: int, name: str, *, email: str | None, at: datetime) -> None:
    """A new customer. Raises ValueError for a number that is taken."""
    first, _, last = name.partition(" ")
    added = connection.execute(
        "INSERT INTO customers (id, first_name, last_name, email, created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
        (customer_id, first, last, email, kept(at), kept(at)),
    )
    if not added.rowcount:
        raise ValueError(f"There is a customer {customer_id} already.")


def body(connection: sqlite3.Connection, customer_id: int, shop: ShopFacts) -> Body | None:
    """A customer as webhooks carry it, or None when there is none."""
    row = connection.execute("SELECT * FROM customers WHERE id = ?", (customer_id,)).fetchone()
    if row is None:
        return None
    return customer_body(row, shop, {name: read(row[name]) for name in ("created_at", "updated_at")})


def rename(connection: sqlite3.Connection, customer_id: int, name: str, *, at: datetime) -> None:
    """Another name for a customer."""
    first, _, last = name.partition(" ")
    connection.execute(
        "UPDATE customers SET first_name = ?, last_name = ?, updated_at = ? WHERE id = ?",
        (first, last, kept(at), customer_id),
    )


def tags(connection: sqlite3.Connection, customer_id: int) -> list[str]:
    """The words that the store's people put on a customer."""
    rows = connection.execute("SELECT tag FROM customer_tags WHERE customer_id = ? ORDER BY tag", (customer_id,))
    return [row["tag"] for row in rows]


def add_tags(connection: sqlite3.Connection, customer_id: int, words: Sequence[str]) -> list[str]:
    """Puts tags on a customer; those that were not there yet."""
    statement = "INSERT INTO customer_tags (customer_id, tag) VALUES (?, ?) ON CONFLICT DO NOTHING"
    return [word for word in words if connection.execute(statement, (customer_id, word)).rowcount]


def remove_tags(connection: sqlite3.Connection, customer_id: int, words: Sequence[str]) -> list[str]:
    """Takes tags off a customer; those that were there."""
    statement = "DELETE FROM customer_tags WHERE customer_id = ? AND tag = ?"
    return [word for word in words if connection.execute(statement, (customer_id, word)).rowcount]


def remove(connection: sqlite3.Connection, customer_id: int) -> None:
    """Takes the customer away; orders stay and name nobody."""
    connection.execute("DELETE FROM customer_tags WHERE customer_id = ?", (customer_id,))
    connection.execute("DELETE FROM customers WHERE id = ?", (customer_id,))
    connection.execute(
        "UPDATE orders SET customer_id = NULL, body = json_set(body, '$.customer', NULL) WHERE customer_id = ?",
        (customer_id,),
    )


def found(connection: sqlite3.Connection, text: str, *, limit: int = 12) -> list[sqlite3.Row]:
    """Customers whose name or number contains the text, those with most orders first; each row has ``orders_count``."""
    like = "%" + text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
    return connection.execute(
        f"{_COUNTED} WHERE c.first_name || ' ' || c.last_name LIKE :like ESCAPE '\\' OR CAST(c.id AS TEXT) LIKE :like ESCAPE '\\'"
        " GROUP BY c.id ORDER BY orders_count DESC, c.id LIMIT :limit",
        {"like": like, "limit": limit},
    ).fetchall()


def by_numbers(connection: sqlite3.Connection, numbers: Sequence[int]) -> list[sqlite3.Row]:
    """These customers, in the order asked for; each row has ``orders_count``."""
    marks = ",".join("?" * len(numbers))
    rows = connection.execute(f"{_COUNTED} WHERE c.id IN ({marks}) GROUP BY c.id", list(numbers)).fetchall()
    return sorted(rows, key=lambda row: numbers.index(row["id"]))
