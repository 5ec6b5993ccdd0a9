"""The calls to a store are found by their kind: rounds ask for their last one, and forget the old ones, every hour."""

from __future__ import annotations

from alembic import op

revision, down_revision = "0012", "0011"


def upgrade() -> None:
    op.create_index("ix_outbox_kind", "outbox", ["shop_id", "kind", "created_at"])
