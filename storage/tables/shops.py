"""Stores that installed us, and the marks of whom they had us forget."""

from __future__ import annotations

from sqlalchemy import Column, Index, LargeBinary, Text, UniqueConstraint

from storage.columns import Document, Ident, Moment, Whole
from storage.tables.base import one_of, table

SHOP_STATES = ("active", "paused", "uninstalled")

shops = table(
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
    # the way into the store's API: when a merchant last opened it, who renews the tokens until when, since when the
    # token is doubted, since when and why we are shut out, when the store said that it removed us and when that is to be
    # proved, and when all that was last looked at
    Column("granted_at", Moment),
    Column("renewing_until", Moment),
    Column("distrusted_at", Moment),
    Column("access_lost_at", Moment),
    Column("access_trouble", Text),
    Column("left_at", Moment),
    Column("prove_at", Moment),
    Column("looked_at", Moment),
    Column("nightly_due_at", Moment, nullable=False),
    # the store-wide numbers of the last nightly measurement: gap curves, cut points, fitted models
    Column("model", Document),
    Column("model_as_of", Moment),
    UniqueConstraint("platform", "domain"),
    one_of("state", SHOP_STATES),
    Index("ix_shops_nightly_due_at", "nightly_due_at"),
    sqlite_autoincrement=True,
)

erasures = table(
    "erasures",
    Column("shop_id", Whole, primary_key=True, autoincrement=False),
    # keyed hash: says "already erased" without saying who
    Column("fingerprint", Ident, primary_key=True),
    Column("erased_at", Moment, nullable=False),
)
