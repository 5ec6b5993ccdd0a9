"""What the stores told: customers, their orders with lines, refunds."""

from __future__ import annotations

from sqlalchemy import Column, Index, Text
from sqlalchemy.schema import ForeignKeyConstraint

from storage.columns import Document, Flag, Ident, Moment, Whole
from storage.tables.base import of_a_shop, table

customers = of_a_shop(
    "customers",
    Column("customer_id", Ident, primary_key=True),
    Column("updated_at", Moment, nullable=False),
    Column("deleted", Flag, nullable=False, server_default="0"),
    # the store said that this one is now part of another
    Column("gone", Flag, nullable=False, server_default="0"),
    # whom this one's orders count for, at the end of all merges; none for oneself
    Column("merged_into", Ident),
    Column("left_out", Flag, nullable=False, server_default="0"),
    # the words that the store's people put on this customer; none while they are not known
    Column("tags", Document),
    # what was asked for earlier than this says nothing of the tags any more
    Column("tags_asked_at", Moment),
    # what the customer lets the store write to them about by e-mail, in the store's lower-case word; none: not told
    Column("consent", Text),
    Column("consent_at", Moment),
    # wishes not to be measured: no snapshot, no decision, no offer
    Column("unscored", Flag, nullable=False, server_default="0"),
    Index("ix_customers_shop_id_merged_into", "shop_id", "merged_into"),
)

orders = of_a_shop(
    "orders",
    Column("order_id", Ident, primary_key=True),
    Column("customer_id", Ident),
    Column("ordered_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
    # decides between two tellings of the same instant, whichever came first
    Column("rank", Ident, nullable=False),
    Column("cancelled_at", Moment),
    Column("test", Flag, nullable=False),
    Column("paid", Flag, nullable=False),
    Column("currency", Text, nullable=False),
    Column("gross_minor", Whole, nullable=False),
    Column("current_minor", Whole, nullable=False),
    Column("codes", Document, nullable=False),
    # kept by storage.orders from the columns above and the refunds: what counts for the measures
    Column("net_minor", Whole, nullable=False),
    Column("valid", Flag, nullable=False),
    # where it was bought and the country of the bill, as far as the store tells
    Column("channel", Text),
    Column("country", Text),
    Index("ix_orders_shop_id_customer_id_ordered_at", "shop_id", "customer_id", "ordered_at"),
    Index("ix_orders_shop_id_ordered_at", "shop_id", "ordered_at"),
)

order_lines = table(
    "order_lines",
    Column("shop_id", Whole, primary_key=True),
    Column("order_id", Ident, primary_key=True),
    Column("line_id", Ident, primary_key=True),
    Column("product_id", Ident),
    Column("variant_id", Ident),
    Column("quantity", Whole, nullable=False),
    Column("total_minor", Whole, nullable=False),
    Column("gift_card", Flag, nullable=False),
    ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.order_id"], ondelete="CASCADE"),
)

refunds = of_a_shop(
    "refunds",
    Column("order_id", Ident, primary_key=True),
    Column("refund_id", Ident, primary_key=True),
    Column("refunded_at", Moment, nullable=False),
    Column("amount_minor", Whole, nullable=False),
    Column("currency", Ident, nullable=False),
)
