"""Many rows at once, in the words of both databases: insert or replace, insert if new, and membership of a long list."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Integer,
    Row,
    Table,
    Text,
    any_,
    bindparam,
    func,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

Insert = postgresql.Insert | sqlite.Insert
Guard = Callable[[Insert], ColumnElement[bool]]


def insert(db: Connection, table: Table) -> Insert:
    """An insert that can say ON CONFLICT on this database."""
    return postgresql.insert(table) if db.dialect.name == "postgresql" else sqlite.insert(table)


def put_all(
    db: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    guard: Guard | None = None,
) -> None:
    """Inserts the rows; where the primary key is taken, replaces all other columns that the first row names.

    ``guard`` says when to replace, from the statement's ``excluded``; without one always. Rows are written in the order of their keys, so that two writers never wait for
    each other in a circle.
    """
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    statement = insert(db, table)
    changed = {name: statement.excluded[name] for name in rows[0] if name not in keys}
    where = guard(statement) if guard is not None else None
    statement = statement.on_conflict_do_update(index_elements=keys, set_=changed, where=where)
    db.execute(statement, sorted(rows, key=lambda row: tuple(row[key] for key in keys)))


def put_new(
    db: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, returning: Sequence[Column[Any]]
) -> list[Row[Any]]:
    """Inserts the rows that collide with nothing; the asked columns of those that were really inserted."""
    if not rows:
        return []
    return list(db.execute(insert(db, table).on_conflict_do_nothing().returning(*returning), list(rows)))


def among(db: Connection, column: Column[Any], values: Collection[str] | Collection[int]) -> ColumnElement[bool]:
    """``column IN values`` with one parameter however many there are, so that the statement stays the same text."""
    listed = list(values)
    if db.dialect.name == "postgresql":
        kind = BigInteger() if isinstance(column.type, Integer) else Text()
        return column == any_(bindparam(None, listed, type_=ARRAY(kind)))
    each = func.json_each(json.dumps(listed)).table_valued("value")
    return column.in_(select(each.c.value))
