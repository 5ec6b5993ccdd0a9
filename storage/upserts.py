"""Many rows at once, in the words of both databases: insert or replace, insert if new, and membership of a long list."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import lru_cache
from operator import itemgetter
from typing import Any

import msgspec
from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    CursorResult,
    Dialect,
    Integer,
    Row,
    Table,
    Text,
    any_,
    bindparam,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.dml import ReturningInsert
from sqlalchemy.types import TypeEngine

from storage.columns import NUMBERS, WORDS, spelled

_SERVER = postgresql.dialect()  # type: ignore[no-untyped-call]
Insert = postgresql.Insert | sqlite.Insert
Guard = Callable[[Insert], ColumnElement[bool]]


def insert(db: Connection, table: Table) -> Insert:
    """An insert that can say ON CONFLICT on this database."""
    return insert_on(db.dialect.name, table)


def insert_on(dialect: str, table: Table) -> Insert:
    """``insert`` for a statement that is built once for each kind of database."""
    return postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)


def put_all(
    db: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    *,
    guard: Guard | None = None,
) -> None:
    """Inserts the rows; where the primary key is taken, replaces all other columns that the first row names.

    ``guard`` says when to replace, from the statement's ``excluded``; without one always. It is a function of a module,
    for the statement is built once. Rows are written in the order of their keys, so that two writers never wait for
    each other in a circle.
    """
    if not rows:
        return
    keys = tuple(column.name for column in table.primary_key)
    ordered = sorted(rows, key=itemgetter(*keys))
    if guard is None:
        _put_plainly(db, table, keys, ordered)
    else:
        db.execute(_replacing(db.dialect.name, table, keys, tuple(rows[0]), guard), ordered)


def put_new(
    db: Connection, table: Table, rows: Sequence[Mapping[str, Any]], *, returning: Sequence[Column[Any]]
) -> list[Row[Any]]:
    """Inserts the rows that collide with nothing; the asked columns of those that were really inserted."""
    if not rows:
        return []
    statement = _adding(db.dialect.name, table, tuple(returning))
    return list(db.execute(statement, list(rows) if len(rows) > 1 else rows[0]))


def bare(found: CursorResult[Any]) -> Sequence[Any]:
    """The driver's own rows, for columns that need no translation: numbers and text, without a look at each."""
    rows: Sequence[Any] = found.cursor.fetchall() if found.cursor else []
    found.close()
    return rows


def among(db: Connection, column: Column[Any], values: Collection[str] | Collection[int]) -> ColumnElement[bool]:
    """``column IN values`` with one parameter however many there are, so that the statement stays the same text."""
    given = bindparam("wanted", listed(db, values), type_=_list_type(db.dialect.name, column), unique=True)
    return _member(db.dialect.name, column, "wanted", given)


def among_later(dialect: str, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """``among`` for a statement that is built once: the values come with each execution, as ``name=listed(db, …)``."""
    return _member(dialect, column, name, bindparam(name, type_=_list_type(dialect, column)))


def listed(db: Connection, values: Collection[str] | Collection[int]) -> Any:
    """Many values as the one parameter of ``among_later``."""
    return spelled(values) if db.dialect.name == "postgresql" else msgspec.json.encode(list(values)).decode()


def _member(dialect: str, column: ColumnElement[Any], name: str, values: BindParameter[Any]) -> ColumnElement[bool]:
    if dialect == "postgresql":
        return column == any_(values)
    # as text: put together out of the library's own parts it takes four times as long; the name is a word of ours
    return column.in_(text(f"SELECT value FROM json_each(:{name}) AS given").bindparams(values))  # noqa: S608


def _list_type(dialect: str, column: ColumnElement[Any]) -> TypeEngine[Any]:
    if dialect == "postgresql":
        return NUMBERS if isinstance(column.type, Integer) else WORDS
    return Text()


def _put_plainly(db: Connection, table: Table, keys: tuple[str, ...], rows: Sequence[Mapping[str, Any]]) -> None:
    """The driver's own way, without a look by the library at each value of each row.

    PostgreSQL gets all rows as one JSON value: one plan and one message, where each row would have needed its own.
    """
    names = tuple(rows[0])
    statement = plain(db.dialect.name, table, names, keys)
    kept = _kept_as(db.dialect, table, names)
    pick = itemgetter(*names)
    values = [tuple(one if how is None else how(one) for how, one in zip(kept, pick(row), strict=True)) for row in rows]
    send(db, statement, names, values)


def send(db: Connection, statement: str, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> int:
    """Runs a statement of ``plain`` on rows of numbers and text, or bytes on SQLite, in the order of ``names``.

    Answers how many were written: all but those that ``only_if`` left as they were.
    """
    if db.dialect.name == "postgresql":
        told = msgspec.json.encode([dict(zip(names, row, strict=True)) for row in rows])
        return db.exec_driver_sql(statement, (told.decode(),)).rowcount
    return db.exec_driver_sql(statement, list(rows)).rowcount


def add(db: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Inserts rows of numbers and text, in the order of ``names``, none of which is there. PostgreSQL takes them as a copy."""
    if not rows:
        return
    listed_names = ", ".join(f'"{name}"' for name in names)
    if db.dialect.name != "postgresql":
        marks = ", ".join("?" * len(names))
        db.exec_driver_sql(f"INSERT INTO {table.name} ({listed_names}) VALUES ({marks})", list(rows))  # noqa: S608
        return
    statement = f"COPY {table.name} ({listed_names}) FROM STDIN"
    driver: Any = db.connection.driver_connection
    wrong = db.dialect.loaded_dbapi.Error
    try:
        with driver.cursor() as cursor, cursor.copy(statement) as copy:
            for row in rows:
                copy.write_row(row)
    except wrong as error:
        # in the library's clothes, as everywhere: they tell whether all may be tried again
        raise DBAPIError(statement, None, error) from error


@lru_cache(maxsize=256)
def plain(dialect: str, table: Table, names: tuple[str, ...], keys: tuple[str, ...], *, only_if: str = "") -> str:
    """INSERT of ``names``, replacing where ``keys`` are taken; ``only_if`` says what is replaced."""
    # all names are those of the table's columns, never what somebody sent
    listed = ", ".join(f'"{name}"' for name in names)
    rows = f"VALUES ({', '.join('?' * len(names))})"
    if dialect == "postgresql":
        typed = ", ".join(f'"{name}" {table.c[name].type.compile(dialect=_SERVER)}' for name in names)
        rows = f"SELECT {listed} FROM json_to_recordset($1::json) AS told ({typed})"  # noqa: S608
    changed = ", ".join(f'"{name}" = excluded."{name}"' for name in names if name not in keys)
    where = f" WHERE {only_if}" if only_if else ""
    return f"INSERT INTO {table.name} ({listed}) {rows} ON CONFLICT ({', '.join(keys)}) DO UPDATE SET {changed}{where}"


@lru_cache(maxsize=256)
def _kept_as(dialect: Dialect, table: Table, names: tuple[str, ...]) -> tuple[Callable[[Any], Any] | None, ...]:
    """For each column what turns a value of ours into the driver's; None where it is the same."""
    return tuple(table.c[name].type.bind_processor(dialect) for name in names)


@lru_cache(maxsize=64)
def _replacing(
    dialect: str, table: Table, keys: tuple[str, ...], names: tuple[str, ...], guard: Guard | None
) -> Insert:
    statement = insert_on(dialect, table)
    changed = {name: statement.excluded[name] for name in names if name not in keys}
    where = guard(statement) if guard is not None else None
    return statement.on_conflict_do_update(index_elements=keys, set_=changed, where=where)


@lru_cache(maxsize=64)
def _adding(dialect: str, table: Table, returning: tuple[Column[Any], ...]) -> ReturningInsert[Any]:
    return insert_on(dialect, table).on_conflict_do_nothing().returning(*returning)
