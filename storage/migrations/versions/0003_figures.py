"""Documents of a shop's numbers, reckoned by the night; indexes for the list of offers and for counting them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0003", "0002"

WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "figures",
        sa.Column("shop_id", WHOLE, nullable=False),
        sa.Column("name", IDENT, nullable=False),
        sa.Column("as_of", WHOLE, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name="fk_figures_shop_id"),
        sa.PrimaryKeyConstraint("shop_id", "name", name="pk_figures"),
        sqlite_strict=True,
    )
    op.create_index("ix_offers_by_age", "offers", ["shop_id", "created_at", "offer_id", "state"])
    counted = ["shop_id", "state", "kind", "step", "created_at", "redeemed_at"]
    op.create_index("ix_offers_counted", "offers", counted)
