"""How far a store's past was read, and up to when it was asked what changed."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0011", "0010"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "imports",
        sa.Column("shop_id", WHOLE, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("asked_at", WHOLE, nullable=False),
        sa.Column("spans", sa.Text(), nullable=False),
        sa.Column("operation", IDENT),
        sa.Column("partial", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("parts", WHOLE, nullable=False, server_default="0"),
        sa.Column("part", WHOLE, nullable=False, server_default="0"),
        sa.Column("orders_read", WHOLE, nullable=False, server_default="0"),
        sa.Column("orders_told", WHOLE, nullable=False, server_default="0"),
        sa.Column("unread", WHOLE, nullable=False, server_default="0"),
        sa.Column("limited_to", WHOLE),
        sa.Column("tries", WHOLE, nullable=False, server_default="0"),
        sa.Column("run_at", WHOLE, nullable=False),
        sa.Column("claimed_until", WHOLE),
        sa.Column("fence", WHOLE, nullable=False, server_default="0"),
        sa.Column("trouble", sa.Text()),
        sa.Column("ended_at", WHOLE),
        sa.CheckConstraint("state IN ('asked', 'running', 'reading', 'done', 'failed')", name="ck_imports_state_known"),
        sa.CheckConstraint("part <= parts", name="ck_imports_part_of_the_file"),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name="fk_imports_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", name="pk_imports"),
        sqlite_strict=True,
    )
    op.create_index("ix_imports_state_run_at", "imports", ["state", "run_at"])
    op.create_table(
        "reconciliations",
        sa.Column("shop_id", WHOLE, nullable=False),
        sa.Column("asked_until", WHOLE, nullable=False),
        sa.Column("due_at", WHOLE, nullable=False),
        sa.Column("found", WHOLE, nullable=False, server_default="0"),
        sa.Column("found_at", WHOLE),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name="fk_reconciliations_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", name="pk_reconciliations"),
        sqlite_strict=True,
    )
    op.create_index("ix_reconciliations_due_at", "reconciliations", ["due_at"])
