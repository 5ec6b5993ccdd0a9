"""What was known when, for replays of the past: orders as they were taken in, each night's model, looks at the clock."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0005", "0004"

IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    _table(
        "known_orders",
        ("shop_id", "sitting", "order_id"),
        _needed("shop_id", WHOLE),
        _needed("sitting", WHOLE),
        _needed("order_id", IDENT),
        _needed("at", WHOLE),
        _needed("customer_id", IDENT),
        _needed("ordered_at", WHOLE),
        _needed("net_minor", WHOLE),
    )
    _table(
        "known_models",
        ("shop_id", "at"),
        _needed("shop_id", WHOLE),
        _needed("at", WHOLE),
        _needed("everyone", sa.Integer()),
        _needed("model", sa.Text()),
    )
    _table(
        "watches",
        ("shop_id", "since"),
        _needed("shop_id", WHOLE),
        _needed("since", WHOLE),
        _needed("until", WHOLE),
    )


def _table(name: str, key: tuple[str, ...], *items: Any) -> None:
    op.create_table(
        name,
        *items,
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=f"fk_{name}_shop_id"),
        sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
        sqlite_strict=True,
    )


def _needed(name: str, kind: sa.types.TypeEngine[Any]) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False)
