"""The tags of customers are kept where the rules leave some of them out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.columns import Document, Moment

revision, down_revision = "0007", "0006"


def upgrade() -> None:
    op.add_column("customers", sa.Column("tags", Document))
    op.add_column("customers", sa.Column("tags_asked_at", Moment))
