"""An index of the offers that give something, by state and time: the overview counts those of a year without their rows.

A reminder gives something only where it has a code. The index holds two short columns and is made in one pass.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0016", "0015"


def upgrade() -> None:
    gives = sa.text("(kind <> 'win_back' OR step <> 'reminder' OR code IS NOT NULL)")
    columns = ["shop_id", "state", "created_at"]
    op.create_index("ix_offers_giving", "offers", columns, sqlite_where=gives, postgresql_where=gives)
