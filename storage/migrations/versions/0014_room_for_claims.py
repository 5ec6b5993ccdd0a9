"""A claimed delivery is written beside where it stood: half of each page of the inbox is kept free for that.

Where it has to go to another page, every index is written with it. On SQLite a row stays in its place.
"""

from __future__ import annotations

from alembic import op

revision, down_revision = "0014", "0013"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE inbox SET (fillfactor = 45)")
