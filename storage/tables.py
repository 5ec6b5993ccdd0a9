"""The whole schema on one page: columns, constraints, indexes. Rows are plain; nothing here has behaviour.

Every table that holds a shop's data has ``shop_id`` first in its key, and every statement on it names the shop.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, MetaData, Table, Text, UniqueConstraint, text
from sqlalchemy.schema import ForeignKeyConstraint

from storage.columns import Document, Flag, Moment, Number, Whole

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

SHOP_STATES = ("active", "paused", "uninstalled")
INBOX_STATES = ("waiting", "done", "set_aside")
OUTBOX_STATES = ("waiting", "done", "given_up")
OFFER_STATES = (
    "held_out", "planned", "sending", "issued", "redeemed", "expired", "revoked", "cancelled", "rejected",
)  # fmt: skip


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _of_a_shop() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["shop_id"], ["shops.shop_id"])


def _table(name: str, *items: Column[object] | object) -> Table:
    return Table(name, metadata, *items, sqlite_strict=True)  # type: ignore[arg-type]


shops = _table(
    "shops",
    Column("shop_id", Whole, primary_key=True, autoincrement=True),
    Column("platform", Text, nullable=False),
    Column("domain", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("currency", Text, nullable=False, server_default="USD"),
    Column("timezone", Text, nullable=False, server_default="UTC"),
    Column("state", Text, nullable=False),
    # sealed bytes: what opens the store's API, and the store's own webhook secret where it has one
    Column("credentials", LargeBinary),
    Column("scopes", Text, nullable=False, server_default=""),
    Column("generation", Whole, nullable=False, server_default="1"),
    Column("installed_at", Moment, nullable=False),
    Column("uninstalled_at", Moment),
    Column("told_at", Moment),
    Column("trouble", Text),
    Column("nightly_due_at", Moment, nullable=False),
    # the store-wide numbers of the last nightly measurement: gap curves, cut points, fitted models
    Column("model", Document),
    Column("model_as_of", Moment),
    UniqueConstraint("platform", "domain"),
    _one_of("state", SHOP_STATES),
    Index("ix_shops_nightly_due_at", "nightly_due_at"),
)

customers = _table(
    "customers",
    Column("shop_id", Whole, primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("updated_at", Moment, nullable=False),
    Column("deleted", Flag, nullable=False, server_default="0"),
    Column("merged_into", Text),
    Column("left_out", Flag, nullable=False, server_default="0"),
    _of_a_shop(),
)

orders = _table(
    "orders",
    Column("shop_id", Whole, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("customer_id", Text),
    Column("ordered_at", Moment, nullable=False),
    Column("updated_at", Moment, nullable=False),
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
    _of_a_shop(),
    Index("ix_orders_shop_id_customer_id_ordered_at", "shop_id", "customer_id", "ordered_at"),
    Index("ix_orders_shop_id_ordered_at", "shop_id", "ordered_at"),
)

order_lines = _table(
    "order_lines",
    Column("shop_id", Whole, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("line_id", Text, primary_key=True),
    Column("product_id", Text),
    Column("variant_id", Text),
    Column("quantity", Whole, nullable=False),
    Column("total_minor", Whole, nullable=False),
    Column("gift_card", Flag, nullable=False),
    ForeignKeyConstraint(["shop_id", "order_id"], ["orders.shop_id", "orders.order_id"], ondelete="CASCADE"),
)

refunds = _table(
    "refunds",
    Column("shop_id", Whole, primary_key=True),
    Column("refund_id", Text, primary_key=True),
    Column("order_id", Text, nullable=False),
    Column("refunded_at", Moment, nullable=False),
    Column("amount_minor", Whole, nullable=False),
    Column("currency", Text, nullable=False),
    _of_a_shop(),
    Index("ix_refunds_shop_id_order_id", "shop_id", "order_id"),
)

inbox = _table(
    "inbox",
    Column("delivery_row", Whole, primary_key=True, autoincrement=True),
    Column("shop_id", Whole, nullable=False),
    Column("delivery_id", Text, nullable=False),
    Column("topic", Text, nullable=False),
    Column("event_id", Text),
    Column("api_version", Text),
    Column("triggered_at", Moment),
    Column("received_at", Moment, nullable=False),
    # zlib of the raw bytes; emptied when the customer is erased or the retention ends
    Column("body", LargeBinary),
    Column("body_hash", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Whole, nullable=False, server_default="0"),
    Column("run_at", Moment, nullable=False),
    Column("claimed_until", Moment),
    Column("fence", Whole, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("settled_at", Moment),
    UniqueConstraint("shop_id", "delivery_id"),
    _of_a_shop(),
    _one_of("state", INBOX_STATES),
    Index("ix_inbox_waiting", "run_at", "delivery_row", sqlite_where=text("state = 'waiting'"),
          postgresql_where=text("state = 'waiting'")),
    Index("ix_inbox_shop_id_state", "shop_id", "state"),
)  # fmt: skip

outbox = _table(
    "outbox",
    Column("outbox_row", Whole, primary_key=True, autoincrement=True),
    Column("shop_id", Whole, nullable=False),
    # what makes the effect happen once
    Column("key", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("state", Text, nullable=False),
    Column("attempts", Whole, nullable=False, server_default="0"),
    Column("run_at", Moment, nullable=False),
    Column("claimed_until", Moment),
    Column("fence", Whole, nullable=False, server_default="0"),
    Column("reason", Text),
    Column("settled_at", Moment),
    UniqueConstraint("shop_id", "key"),
    _of_a_shop(),
    _one_of("state", OUTBOX_STATES),
    Index("ix_outbox_waiting", "run_at", "outbox_row", sqlite_where=text("state = 'waiting'"),
          postgresql_where=text("state = 'waiting'")),
)  # fmt: skip

snapshots = _table(
    "snapshots",
    Column("shop_id", Whole, primary_key=True),
    Column("customer_id", Text, primary_key=True),
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
    _of_a_shop(),
    Index("ix_snapshots_shop_id_next_check_at", "shop_id", "next_check_at"),
    Index("ix_snapshots_shop_id_group", "shop_id", "group"),
)

programs = _table(
    "programs",
    Column("shop_id", Whole, primary_key=True),
    Column("version", Whole, primary_key=True),
    Column("body", Document, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("saved_at", Moment, nullable=False),
    _of_a_shop(),
)

offers = _table(
    "offers",
    Column("shop_id", Whole, primary_key=True),
    Column("offer_id", Text, primary_key=True),
    Column("customer_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("step", Text, nullable=False),
    # one reason, one offer: the rule that asks for it and the turn of that rule
    Column("rule", Text, nullable=False),
    Column("cycle", Text, nullable=False),
    Column("generation", Whole, nullable=False, server_default="0"),
    Column("program_version", Whole, nullable=False),
    Column("state", Text, nullable=False),
    # upper case; derived, written before the store is asked
    Column("code", Text),
    Column("code_key_id", Text),
    Column("store_ref", Text),
    Column("benefit", Document, nullable=False),
    Column("budget_month", Text),
    Column("reserved_minor", Whole, nullable=False, server_default="0"),
    Column("cost_minor", Whole, nullable=False, server_default="0"),
    Column("currency", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("starts_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("sending_at", Moment),
    Column("issued_at", Moment),
    Column("redeemed_at", Moment),
    Column("closed_at", Moment),
    Column("order_id", Text),
    # True once a rule was switched off, a customer erased, …: the code must end up dead in the store
    Column("unwanted", Flag, nullable=False, server_default="0"),
    Column("note", Text),
    Column("reasons", Document, nullable=False),
    Column("inputs", Document, nullable=False),
    UniqueConstraint("shop_id", "customer_id", "rule", "cycle", "generation"),
    _of_a_shop(),
    _one_of("state", OFFER_STATES),
    CheckConstraint("(state = 'held_out') <= (code IS NULL)", name="held_out_has_no_code"),
    CheckConstraint("reserved_minor >= 0 AND cost_minor >= 0", name="money_not_negative"),
    Index("ix_offers_shop_id_code", "shop_id", "code", unique=True),
    Index("ix_offers_shop_id_customer_id", "shop_id", "customer_id"),
    Index("ix_offers_shop_id_state_ends_at", "shop_id", "state", "ends_at"),
)

redemptions = _table(
    "redemptions",
    Column("shop_id", Whole, primary_key=True),
    Column("offer_id", Text, primary_key=True),
    Column("order_id", Text, primary_key=True),
    Column("ordered_at", Moment, nullable=False),
    Column("discount_minor", Whole, nullable=False),
    # the order's customer is not the one it was meant for
    Column("leaked", Flag, nullable=False),
    # the order was cancelled or wholly refunded
    Column("reversed", Flag, nullable=False),
    _of_a_shop(),
    Index("ix_redemptions_shop_id_order_id", "shop_id", "order_id"),
)

budgets = _table(
    "budgets",
    Column("shop_id", Whole, primary_key=True),
    Column("month", Text, primary_key=True),
    Column("reserved_minor", Whole, nullable=False),
    Column("booked_minor", Whole, nullable=False),
    _of_a_shop(),
    CheckConstraint("reserved_minor >= 0 AND booked_minor >= 0", name="not_negative"),
)

decisions = _table(
    "decisions",
    Column("shop_id", Whole, primary_key=True),
    Column("customer_id", Text, primary_key=True),
    Column("decided_at", Moment, nullable=False),
    Column("program_version", Whole, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reasons", Document, nullable=False),
    Column("inputs", Document, nullable=False),
    _of_a_shop(),
)

erasures = _table(
    "erasures",
    Column("shop_id", Whole, primary_key=True),
    # keyed hash: says "already erased" without saying who
    Column("fingerprint", Text, primary_key=True),
    Column("erased_at", Moment, nullable=False),
)
