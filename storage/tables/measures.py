"""What was measured of each customer, and of the shop as a whole."""

from __future__ import annotations

from sqlalchemy import Column, Index, Text

from storage.columns import Document, Ident, Moment, Number, Whole
from storage.tables.base import of_a_shop

snapshots = of_a_shop(
    "snapshots",
    Column("customer_id", Ident, primary_key=True),
    Column("as_of", Moment, nullable=False),
    Column("order_count", Whole, nullable=False),
    Column("first_order_at", Moment, nullable=False),
    Column("last_order_at", Moment, nullable=False),
    Column("spend_total_minor", Whole, nullable=False),
    Column("spend_365d_minor", Whole, nullable=False),
    Column("recency_days", Whole, nullable=False),
    Column("tenure_days", Whole, nullable=False),
    Column("r", Whole, nullable=False),
    Column("f", Whole, nullable=False),
    Column("m", Whole, nullable=False),
    Column("group", Text, nullable=False),
    Column("median_gap_days", Number),
    Column("usual_gap_days", Number),
    Column("gap_trend", Text),
    Column("expected_next_order_at", Moment),
    Column("lateness", Text),
    Column("late_at", Moment),
    Column("lapsing_at", Moment),
    Column("lost_at", Moment),
    Column("p_order_90d", Number),
    Column("predicted_spend_365d_minor", Whole),
    Column("tier", Text),
    # when the passing of time alone could change what is decided for this customer: an index range, never a scan
    Column("next_check_at", Moment),
    Index("ix_snapshots_shop_id_next_check_at", "shop_id", "next_check_at"),
    Index("ix_snapshots_shop_id_group", "shop_id", "group"),
)

# a customer's page in the store: what we wrote on it, and the group that the store counts them to
notes = of_a_shop(
    "notes",
    Column("customer_id", Ident, primary_key=True),
    # {"fields": {key: value}, "tags": [...]} as the store last confirmed it; none while nothing was written
    Column("told", Document),
    Column("told_at", Moment),
    Column("store_group", Text),
    Column("read_at", Moment),
)

# what takes long to reckon, a document for each name
figures = of_a_shop(
    "figures",
    Column("name", Ident, primary_key=True),
    Column("as_of", Moment, nullable=False),
    Column("body", Document, nullable=False),
)
