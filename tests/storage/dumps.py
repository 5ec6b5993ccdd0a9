"""A shop's rows as a value that two shops can be compared by."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from storage.tables import metadata


def dump(db: Connection, shop_id: int) -> dict[str, list[str]]:
    """All rows of a shop by table, without its number and without the numbers that rows are given."""
    tables: dict[str, list[str]] = {}
    for table in metadata.sorted_tables:
        if table.name == "shops":
            continue
        given: set[Any] = {"shop_id", "delivery_row", "outbox_row"}
        columns = [column for column in table.c if column.name not in given]
        rows = db.execute(select(*columns).where(table.c.shop_id == shop_id))
        tables[table.name] = sorted(repr(tuple(row)) for row in rows)
    return tables
