"""How the way into a store's API stands is kept beside its credentials."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from storage.columns import Moment

revision, down_revision = "0009", "0008"


def upgrade() -> None:
    for name in ("granted_at", "renewing_until", "distrusted_at", "access_lost_at"):
        op.add_column("shops", sa.Column(name, Moment))
    op.add_column("shops", sa.Column("access_trouble", sa.Text))
    for name in ("left_at", "prove_at", "looked_at"):
        op.add_column("shops", sa.Column(name, Moment))
