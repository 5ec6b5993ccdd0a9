"""What apps write on the store's customers beside tags, and the automations that they started."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plugin.sandbox.times import kept


def put(connection: sqlite3.Connection, customer_id: int, *, namespace: str, key: str, value: str) -> bool:
    """Writes a field; whether there is such a customer."""
    if connection.execute("SELECT 1 FROM customers WHERE id = ?", (customer_id,)).fetchone() is None:
        return False
    connection.execute(
        "INSERT INTO customer_fields (customer_id, namespace, key, value, writes) VALUES (?, ?, ?, ?, 1)"
        " ON CONFLICT DO UPDATE SET value = excluded.value, writes = writes + 1",
        (customer_id, namespace, key, value),
    )
    return True


def drop(connection: sqlite3.Connection, customer_id: int, *, namespace: str, key: str) -> bool:
    """Takes a field away; whether it was there."""
    statement = "DELETE FROM customer_fields WHERE customer_id = ? AND namespace = ? AND key = ?"
    return connection.execute(statement, (customer_id, namespace, key)).rowcount == 1


def of_customer(connection: sqlite3.Connection, customer_id: int) -> dict[str, str]:
    """The fields of a customer as ``namespace.key`` to value."""
    rows = connection.execute("SELECT * FROM customer_fields WHERE customer_id = ?", (customer_id,))
    return {f"{row['namespace']}.{row['key']}": row["value"] for row in rows}


def writes(connection: sqlite3.Connection) -> int:
    """How often fields were written."""
    return int(connection.execute("SELECT coalesce(sum(writes), 0) FROM customer_fields").fetchone()[0])


def start(connection: sqlite3.Connection, handle: str, payload: Mapping[str, Any], *, at: datetime) -> None:
    """An automation begins."""
    connection.execute(
        "INSERT INTO flow_runs (handle, payload, at) VALUES (?, ?, ?)", (handle, json.dumps(payload), kept(at))
    )


def started(connection: sqlite3.Connection) -> list[tuple[str, dict[str, Any]]]:
    """The automations that began, oldest first."""
    rows = connection.execute("SELECT handle, payload FROM flow_runs ORDER BY id")
    return [(row["handle"], json.loads(row["payload"])) for row in rows]


def define(connection: sqlite3.Connection, namespace: str, key: str) -> bool:
    """Makes a field known; False where it is already."""
    statement = "INSERT INTO field_definitions (namespace, key) VALUES (?, ?) ON CONFLICT DO NOTHING"
    return connection.execute(statement, (namespace, key)).rowcount == 1
