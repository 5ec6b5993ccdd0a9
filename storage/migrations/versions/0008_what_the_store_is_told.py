"""What a customer agreed to, who wishes not to be measured, what was written in the store, and which discounts went."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

from storage.columns import Document, Flag, Ident, Moment, Whole

revision, down_revision = "0008", "0007"


def upgrade() -> None:
    op.add_column("customers", sa.Column("consent", sa.Text))
    op.add_column("customers", sa.Column("consent_at", Moment))
    op.add_column("customers", sa.Column("unscored", Flag, nullable=False, server_default="0"))
    op.add_column("offers", sa.Column("removed_at", Moment))
    removable = sa.text("removed_at IS NULL AND store_ref IS NOT NULL AND (state || '') IN ('expired', 'cancelled')")
    where: dict[str, Any] = {"sqlite_where": removable, "postgresql_where": removable}
    op.create_index("ix_offers_to_remove", "offers", ["shop_id", "ends_at", "offer_id"], **where)
    op.create_table(
        "notes",
        sa.Column("shop_id", Whole, nullable=False),
        sa.Column("customer_id", Ident, nullable=False),
        sa.Column("told", Document),
        sa.Column("told_at", Moment),
        sa.Column("store_group", sa.Text),
        sa.Column("read_at", Moment),
        sa.PrimaryKeyConstraint("shop_id", "customer_id", name="pk_notes"),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name="fk_notes_shop_id"),
        sqlite_strict=True,
    )
