"""Ways to stores that call an address of their own, and are asked what is new."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0010", "0009"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "connections",
        sa.Column("shop_id", WHOLE, nullable=False),
        sa.Column("connection_id", IDENT, nullable=False),
        sa.Column("base_url", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("open_until", WHOLE),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("views", sa.Text(), nullable=False),
        sa.Column("poll_due_at", WHOLE),
        sa.Column("polled", sa.Text(), nullable=False),
        sa.CheckConstraint("state IN ('pending', 'connected')", name="ck_connections_state_known"),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name="fk_connections_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", name="pk_connections"),
        sqlite_strict=True,
    )
    op.create_index("ix_connections_connection_id", "connections", ["connection_id"], unique=True)
    op.create_index("ix_connections_poll_due_at", "connections", ["poll_due_at"])
