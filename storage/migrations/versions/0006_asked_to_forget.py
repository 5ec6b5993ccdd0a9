"""Requests to forget that are not settled are found without a look at what else came in."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0006", "0005"


def upgrade() -> None:
    pending = sa.text("topic IN ('customers/redact', 'shop/redact') AND state != 'done'")
    op.create_index("ix_inbox_forget", "inbox", ["received_at"], sqlite_where=pending, postgresql_where=pending)
