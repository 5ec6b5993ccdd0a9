"""A delivery that tells a version of something is known by its body too. Only adds: 0001's statements go on working."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0002", "0001"


def upgrade() -> None:
    op.add_column("inbox", sa.Column("natural_key", sa.LargeBinary()))
    known = sa.text("natural_key IS NOT NULL")
    columns = ["shop_id", "natural_key"]
    op.create_index("ix_inbox_natural_key", "inbox", columns, unique=True, sqlite_where=known, postgresql_where=known)
