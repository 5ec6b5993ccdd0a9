"""The whole schema on one page: columns, constraints, indexes. Rows are plain; nothing here has behaviour.

Every table that holds a shop's data has ``shop_id`` first in its key, and every statement on it names the shop.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, LargeBinary, MetaData, Table, Text, UniqueConstraint, text
from sqlalchemy.schema import ForeignKeyConstraint, SchemaItem

from storage.columns import Document, Flag, Ident, Moment, Number, Whole

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
OFFER_STATES = ("held_out", "planned", "sending", "issued", "redeemed", "expired", "revoked", "cancelled", "rejected")


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=f"{column}_known")


def _table(name: str, *items: SchemaItem, sqlite_autoincrement: bool = False) -> Table:
    return Table(name, metadata, *items, sqlite_strict=True, sqlite_autoincrement=sqlite_autoincrement)


def _of_a_shop(name: str, *items: SchemaItem) -> Table:
    shop_id = Column("shop_id", Whole, primary_key=True)
    return _table(name, shop_id, *items, ForeignKeyConstraint(["shop_id"], ["shops.shop_id"]))


def _queue(name: str, row: str, states: tuple[str, ...], *items: SchemaItem) -> Table:
    # One worker's until claimed_until; the fence rises with every claim, so that one who comes late settles nothing.
    waiting, aside = text("state = 'waiting'"), text(f"state = '{states[2]}'")
    return _table(
        name,
        Column(row, Whole, primary_key=True, autoincrement=True),
        Column("shop_id", Whole, nullable=False),
        *items,
        Column("state", Text, nullable=False),
        Column("attempts", Whole, nullable=False, server_default="0"),
        Column("run_at", Moment, nullable=False),
        Column("claimed_until", Moment),
        Column("fence", Whole, nullable=False, server_default="0"),
        Column("reason", Text),
        Column("settled_at", Moment),
        ForeignKeyConstraint(["shop_id"], ["shops.shop_id"]),
        _one_of("state", states),
        Index(f"ix_{name}_waiting", "shop_id", "run_at", row, sqlite_where=waiting, postgresql_where=waiting),
        Index(f"ix_{name}_{states[2]}", "shop_id", row, sqlite_where=aside, postgresql_where=aside),
        sqlite_autoincrement=True,
    )


shops = _table(
    "shops",
    # never given twice, not even after the last shop was erased
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
    sqlite_autoincrement=True,
)

customers = _of_a_shop(
    "customers",
    Column("customer_id", Ident, primary_key=True),
    Column("updated_at", Moment, nullable=False),
    Column("deleted", Flag, nullable=False, server_default="0"),
    # the store said that this one is now part of another
    Column("gone", Flag, nullable=False, server_default="0"),
    # whom this one's orders count for, at the end of all merges; none for oneself
    Column("merged_into", Ident),
    Column("left_out", Flag, nullable=False, server_default="0"),
    Index("ix_customers_shop_id_merged_into", "shop_id", "merged_into"),
)

orders = _of_a_shop(
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
    Index("ix_orders_shop_id_customer_id_ordered_at", "shop_id", "customer_id", "ordered_at"),
    Index("ix_orders_shop_id_ordered_at", "shop_id", "ordered_at"),
)

order_lines = _table(
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

refunds = _of_a_shop(
    "refunds",
    Column("order_id", Ident, primary_key=True),
    Column("refund_id", Ident, primary_key=True),
    Column("refunded_at", Moment, nullable=False),
    Column("amount_minor", Whole, nullable=False),
    Column("currency", Ident, nullable=False),
)

inbox = _queue(
    "inbox",
    "delivery_row",
    INBOX_STATES,
    Column("delivery_id", Ident, nullable=False),
    Column("topic", Text, nullable=False),
    Column("event_id", Text),
    Column("api_version", Text),
    Column("triggered_at", Moment),
    Column("received_at", Moment, nullable=False),
    # zlib of the raw bytes; emptied when the customer is erased or the retention ends
    Column("body", LargeBinary),
    Column("body_hash", Text, nullable=False),
    UniqueConstraint("shop_id", "delivery_id"),
)

outbox = _queue(
    "outbox",
    "outbox_row",
    OUTBOX_STATES,
    # what makes the effect happen once
    Column("key", Ident, nullable=False),
    Column("kind", Text, nullable=False),
    Column("payload", Document, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("shop_id", "key"),
)

snapshots = _of_a_shop(
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

programs = _of_a_shop(
    "programs",
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("body", Document, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("saved_at", Moment, nullable=False),
)

offers = _of_a_shop(
    "offers",
    Column("offer_id", Ident, primary_key=True),
    Column("customer_id", Ident, nullable=False),
    Column("kind", Text, nullable=False),
    Column("step", Text, nullable=False),
    # one reason, one offer: the rule that asks for it and the turn of that rule
    Column("rule", Text, nullable=False),
    Column("cycle", Text, nullable=False),
    Column("generation", Whole, nullable=False, server_default="0"),
    Column("program_version", Whole, nullable=False),
    Column("state", Text, nullable=False),
    # upper case; derived, written before the store is asked
    Column("code", Ident),
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
    Column("order_id", Ident),
    # True once a rule was switched off, a customer erased, …: the code must end up dead in the store
    Column("unwanted", Flag, nullable=False, server_default="0"),
    Column("note", Text),
    Column("reasons", Document, nullable=False),
    Column("inputs", Document, nullable=False),
    UniqueConstraint("shop_id", "customer_id", "rule", "cycle", "generation"),
    _one_of("state", OFFER_STATES),
    CheckConstraint("(state = 'held_out') <= (code IS NULL)", name="held_out_has_no_code"),
    CheckConstraint("reserved_minor >= 0 AND cost_minor >= 0", name="money_not_negative"),
    Index("ix_offers_shop_id_code", "shop_id", "code", unique=True),
    Index("ix_offers_shop_id_state_ends_at", "shop_id", "state", "ends_at"),
)

redemptions = _of_a_shop(
    "redemptions",
    Column("offer_id", Ident, primary_key=True),
    Column("order_id", Ident, primary_key=True),
    Column("ordered_at", Moment, nullable=False),
    Column("discount_minor", Whole, nullable=False),
    # the order's customer is not the one it was meant for
    Column("leaked", Flag, nullable=False),
    # the order was cancelled or wholly refunded
    Column("reversed", Flag, nullable=False),
    Index("ix_redemptions_shop_id_order_id", "shop_id", "order_id"),
)

budgets = _of_a_shop(
    "budgets",
    Column("month", Ident, primary_key=True),
    Column("reserved_minor", Whole, nullable=False),
    Column("booked_minor", Whole, nullable=False),
    CheckConstraint("reserved_minor >= 0 AND booked_minor >= 0", name="not_negative"),
)

decisions = _of_a_shop(
    "decisions",
    Column("customer_id", Ident, primary_key=True),
    Column("decided_at", Moment, nullable=False),
    Column("program_version", Whole, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reasons", Document, nullable=False),
    Column("inputs", Document, nullable=False),
)

erasures = _table(
    "erasures",
    Column("shop_id", Whole, primary_key=True, autoincrement=False),
    # keyed hash: says "already erased" without saying who
    Column("fingerprint", Ident, primary_key=True),
    Column("erased_at", Moment, nullable=False),
)
