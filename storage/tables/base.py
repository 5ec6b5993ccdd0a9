"""How tables are made here: one naming of keys, strict types, a queue's columns. Rows are plain; nothing has behaviour."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, MetaData, Table, Text, text
from sqlalchemy.schema import ForeignKeyConstraint, SchemaItem

from storage.columns import Moment, Whole

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """The column holds one of these values."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def table(name: str, *items: SchemaItem, sqlite_autoincrement: bool = False) -> Table:
    """A table whose columns keep their types on SQLite, too."""
    return Table(name, metadata, *items, sqlite_strict=True, sqlite_autoincrement=sqlite_autoincrement)


def of_a_shop(name: str, *items: SchemaItem) -> Table:
    """A table with ``shop_id`` first in its key."""
    shop_id = Column("shop_id", Whole, primary_key=True)
    return table(name, shop_id, *items, ForeignKeyConstraint(["shop_id"], ["shops.shop_id"]))


def queue(name: str, row: str, states: tuple[str, ...], *items: SchemaItem) -> Table:
    """A table whose rows wait, are claimed under a lease, and end as done or as the third of the ``states``."""
    # One worker's until claimed_until; the fence rises with every claim, so that one who comes late settles nothing.
    waiting, aside = text("state = 'waiting'"), text(f"state = '{states[2]}'")
    return table(
        name,
        Column(row, Whole, primary_key=True, autoincrement=True),
        Column("shop_id", Whole, nullable=False),
        *items,
        Column("state", Text, nullable=False),
        Column("attempts", Whole, nullable=False, server_default="0"),
        Column("run_at", Moment, nullable=False),
        Column("claimed_until", Moment),
        Column("fence", Whole, nullable=False, server_default="0"),
        Column("reason", Text),
        Column("settled_at", Moment),
        ForeignKeyConstraint(["shop_id"], ["shops.shop_id"]),
        one_of("state", states),
        Index(f"ix_{name}_waiting", "shop_id", "run_at", row, sqlite_where=waiting, postgresql_where=waiting),
        Index(f"ix_{name}_{states[2]}", "shop_id", row, sqlite_where=aside, postgresql_where=aside),
        sqlite_autoincrement=True,
    )
