"""The memory: all tables that Regulars starts with. Frozen; it knows nothing of storage.tables, which goes on."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0001", None

TEXT = sa.Text()
IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT, FLAG = WHOLE, sa.Integer()
NUMBER: sa.types.TypeEngine[float] = sa.Double().with_variant(sa.REAL(), "sqlite")
BYTES = sa.LargeBinary()


def upgrade() -> None:
    _shops()
    _facts()
    _queues()
    _measures()
    _offers()
    _erasures()
    if op.get_bind().dialect.name == "postgresql":
        # zlib has been there before: no second compression, and no copy of it in the row's page
        op.execute("ALTER TABLE inbox ALTER COLUMN body SET STORAGE EXTERNAL")


def _shops() -> None:
    _table(
        "shops",
        ("shop_id",),
        _needed("shop_id", WHOLE, autoincrement=True),
        _needed("platform", TEXT),
        _needed("domain", TEXT),
        _needed("name", TEXT, server_default=""),
        _needed("currency", TEXT, server_default="USD"),
        _needed("timezone", TEXT, server_default="UTC"),
        _needed("state", TEXT),
        sa.Column("credentials", BYTES),
        _needed("scopes", TEXT, server_default=""),
        _needed("generation", WHOLE, server_default="1"),
        _needed("installed_at", MOMENT),
        sa.Column("uninstalled_at", MOMENT),
        sa.Column("told_at", MOMENT),
        sa.Column("trouble", TEXT),
        _needed("nightly_due_at", MOMENT),
        sa.Column("model", TEXT),
        sa.Column("model_as_of", MOMENT),
        sa.UniqueConstraint("platform", "domain", name="uq_shops_platform_domain"),
        sa.CheckConstraint("state IN ('active', 'paused', 'uninstalled')", name="ck_shops_state_known"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_shops_nightly_due_at", "shops", ["nightly_due_at"])


def _facts() -> None:
    _of_a_shop(
        "customers",
        ("customer_id",),
        _needed("customer_id", IDENT),
        _needed("updated_at", MOMENT),
        _needed("deleted", FLAG, server_default="0"),
        _needed("gone", FLAG, server_default="0"),
        sa.Column("merged_into", IDENT),
        _needed("left_out", FLAG, server_default="0"),
    )
    _index("customers", "shop_id", "merged_into")
    _of_a_shop(
        "orders",
        ("order_id",),
        _needed("order_id", IDENT),
        sa.Column("customer_id", IDENT),
        _needed("ordered_at", MOMENT),
        _needed("updated_at", MOMENT),
        _needed("rank", IDENT),
        sa.Column("cancelled_at", MOMENT),
        _needed("test", FLAG),
        _needed("paid", FLAG),
        _needed("currency", TEXT),
        _needed("gross_minor", WHOLE),
        _needed("current_minor", WHOLE),
        _needed("codes", TEXT),
        _needed("net_minor", WHOLE),
        _needed("valid", FLAG),
    )
    _index("orders", "shop_id", "customer_id", "ordered_at")
    _index("orders", "shop_id", "ordered_at")
    _table(
        "order_lines",
        ("shop_id", "order_id", "line_id"),
        _needed("shop_id", WHOLE),
        _needed("order_id", IDENT),
        _needed("line_id", IDENT),
        sa.Column("product_id", IDENT),
        sa.Column("variant_id", IDENT),
        _needed("quantity", WHOLE),
        _needed("total_minor", WHOLE),
        _needed("gift_card", FLAG),
        sa.ForeignKeyConstraint(
            ["shop_id", "order_id"],
            ["orders.shop_id", "orders.order_id"],
            name="fk_order_lines_shop_id_order_id",
            ondelete="CASCADE",
        ),
    )
    _of_a_shop(
        "refunds",
        ("order_id", "refund_id"),
        _needed("order_id", IDENT),
        _needed("refund_id", IDENT),
        _needed("refunded_at", MOMENT),
        _needed("amount_minor", WHOLE),
        _needed("currency", IDENT),
    )


def _queues() -> None:
    _queue(
        "inbox",
        "delivery_row",
        "set_aside",
        _needed("delivery_id", IDENT),
        _needed("topic", TEXT),
        sa.Column("event_id", TEXT),
        sa.Column("api_version", TEXT),
        sa.Column("triggered_at", MOMENT),
        _needed("received_at", MOMENT),
        sa.Column("body", BYTES),
        _needed("body_hash", TEXT),
        sa.UniqueConstraint("shop_id", "delivery_id", name="uq_inbox_shop_id_delivery_id"),
    )
    _queue(
        "outbox",
        "outbox_row",
        "given_up",
        _needed("key", IDENT),
        _needed("kind", TEXT),
        _needed("payload", TEXT),
        _needed("created_at", MOMENT),
        sa.UniqueConstraint("shop_id", "key", name="uq_outbox_shop_id_key"),
    )


def _measures() -> None:
    whole = ("order_count", "spend_total_minor", "spend_365d_minor", "recency_days", "tenure_days", "r", "f", "m")
    _of_a_shop(
        "snapshots",
        ("customer_id",),
        _needed("customer_id", IDENT),
        *(_needed(name, MOMENT) for name in ("as_of", "first_order_at", "last_order_at")),
        *(_needed(name, WHOLE) for name in whole),
        _needed("group", TEXT),
        *(sa.Column(name, NUMBER) for name in ("median_gap_days", "usual_gap_days", "p_order_90d")),
        *(sa.Column(name, TEXT) for name in ("gap_trend", "lateness", "tier")),
        *(sa.Column(name, MOMENT) for name in ("expected_next_order_at", "late_at", "lapsing_at", "lost_at")),
        sa.Column("predicted_spend_365d_minor", WHOLE),
        sa.Column("next_check_at", MOMENT),
    )
    _index("snapshots", "shop_id", "next_check_at")
    _index("snapshots", "shop_id", "group")
    _of_a_shop(
        "decisions",
        ("customer_id",),
        _needed("customer_id", IDENT),
        _needed("decided_at", MOMENT),
        _needed("program_version", WHOLE),
        *(_needed(name, TEXT) for name in ("outcome", "reasons", "inputs")),
    )


def _offers() -> None:
    _of_a_shop(
        "programs",
        ("version",),
        _needed("version", WHOLE, autoincrement=False),
        _needed("body", TEXT),
        _needed("author", TEXT),
        _needed("note", TEXT, server_default=""),
        _needed("saved_at", MOMENT),
    )
    states = "'held_out', 'planned', 'sending', 'issued', 'redeemed', 'expired', 'revoked', 'cancelled', 'rejected'"
    one_of_a_kind = ("shop_id", "customer_id", "rule", "cycle", "generation")
    _of_a_shop(
        "offers",
        ("offer_id",),
        _needed("offer_id", IDENT),
        _needed("customer_id", IDENT),
        *(_needed(name, TEXT) for name in ("kind", "step", "rule", "cycle")),
        _needed("generation", WHOLE, server_default="0"),
        _needed("program_version", WHOLE),
        _needed("state", TEXT),
        sa.Column("code", IDENT),
        sa.Column("code_key_id", TEXT),
        sa.Column("store_ref", TEXT),
        _needed("benefit", TEXT),
        sa.Column("budget_month", TEXT),
        _needed("reserved_minor", WHOLE, server_default="0"),
        _needed("cost_minor", WHOLE, server_default="0"),
        _needed("currency", TEXT),
        *(_needed(name, MOMENT) for name in ("created_at", "starts_at", "ends_at")),
        *(sa.Column(name, MOMENT) for name in ("sending_at", "issued_at", "redeemed_at", "closed_at")),
        sa.Column("order_id", IDENT),
        _needed("unwanted", FLAG, server_default="0"),
        sa.Column("note", TEXT),
        _needed("reasons", TEXT),
        _needed("inputs", TEXT),
        sa.UniqueConstraint(*one_of_a_kind, name="uq_offers_" + "_".join(one_of_a_kind)),
        sa.CheckConstraint(f"state IN ({states})", name="ck_offers_state_known"),
        sa.CheckConstraint("(state = 'held_out') <= (code IS NULL)", name="ck_offers_held_out_has_no_code"),
        sa.CheckConstraint("reserved_minor >= 0 AND cost_minor >= 0", name="ck_offers_money_not_negative"),
    )
    _index("offers", "shop_id", "code", unique=True)
    _index("offers", "shop_id", "state", "ends_at")
    _of_a_shop(
        "redemptions",
        ("offer_id", "order_id"),
        _needed("offer_id", IDENT),
        _needed("order_id", IDENT),
        _needed("ordered_at", MOMENT),
        _needed("discount_minor", WHOLE),
        _needed("leaked", FLAG),
        _needed("reversed", FLAG),
    )
    _index("redemptions", "shop_id", "order_id")
    _of_a_shop(
        "budgets",
        ("month",),
        _needed("month", IDENT),
        _needed("reserved_minor", WHOLE),
        _needed("booked_minor", WHOLE),
        sa.CheckConstraint("reserved_minor >= 0 AND booked_minor >= 0", name="ck_budgets_not_negative"),
    )


def _erasures() -> None:
    _table(
        "erasures",
        ("shop_id", "fingerprint"),
        _needed("shop_id", WHOLE, autoincrement=False),
        _needed("fingerprint", IDENT),
        _needed("erased_at", MOMENT),
    )


def _table(name: str, key: tuple[str, ...], *items: sa.schema.SchemaItem, **options: bool) -> None:
    op.create_table(name, *items, sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"), sqlite_strict=True, **options)


def _of_a_shop(name: str, key: tuple[str, ...], *items: sa.schema.SchemaItem) -> None:
    _table(name, ("shop_id", *key), _needed("shop_id", WHOLE), *items, _shop_known(name))


def _queue(name: str, row: str, aside: str, *items: sa.schema.SchemaItem) -> None:
    _table(
        name,
        (row,),
        _needed(row, WHOLE, autoincrement=True),
        _needed("shop_id", WHOLE),
        *items,
        _needed("state", TEXT),
        _needed("attempts", WHOLE, server_default="0"),
        _needed("run_at", MOMENT),
        sa.Column("claimed_until", MOMENT),
        _needed("fence", WHOLE, server_default="0"),
        sa.Column("reason", TEXT),
        sa.Column("settled_at", MOMENT),
        _shop_known(name),
        sa.CheckConstraint(f"state IN ('waiting', 'done', '{aside}')", name=f"ck_{name}_state_known"),
        sqlite_autoincrement=True,
    )
    for state, index, columns in (("waiting", "waiting", ["shop_id", "run_at", row]), (aside, aside, ["shop_id", row])):
        where = sa.text(f"state = '{state}'")
        op.create_index(f"ix_{name}_{index}", name, columns, sqlite_where=where, postgresql_where=where)


def _shop_known(name: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name=f"fk_{name}_shop_id")


def _needed(name: str, kind: sa.types.TypeEngine[Any], **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **options)


def _index(table: str, *columns: str, unique: bool = False) -> None:
    op.create_index("_".join(("ix", table, *columns)), table, list(columns), unique=unique)
