"""Where an order was bought, and the country of its bill, as far as the store tells."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0013", "0012"


def upgrade() -> None:
    for name in ("channel", "country"):
        op.add_column("orders", sa.Column(name, sa.Text()))
