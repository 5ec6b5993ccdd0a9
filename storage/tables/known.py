"""What was known when, append-only: for replays of the past without hindsight."""

from __future__ import annotations

from sqlalchemy import Column

from storage.columns import Document, Flag, Ident, Moment, Whole
from storage.tables.base import of_a_shop

known_orders = of_a_shop(
    "known_orders",
    # rises with every batch of deliveries that was taken in and decided about together
    Column("sitting", Whole, primary_key=True, autoincrement=False),
    Column("order_id", Ident, primary_key=True),
    Column("at", Moment, nullable=False),
    Column("customer_id", Ident, nullable=False),
    Column("ordered_at", Moment, nullable=False),
    # 0: did not count (any more)
    Column("net_minor", Whole, nullable=False),
)

known_models = of_a_shop(
    "known_models",
    Column("at", Moment, primary_key=True),
    # a night measured all customers with it; else it was only there for those measured one by one
    Column("everyone", Flag, nullable=False),
    Column("model", Document, nullable=False),
)

watches = of_a_shop(
    "watches",
    # from then until then the passing of time was looked at without a longer pause
    Column("since", Moment, primary_key=True),
    Column("until", Moment, nullable=False),
)
