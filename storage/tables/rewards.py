"""What was decided and given: programs, offers, their use, the money."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Text, UniqueConstraint, text
from sqlalchemy.schema import ForeignKeyConstraint

from storage.columns import Document, Flag, Ident, Moment, Whole
from storage.tables.base import of_a_shop, one_of

OFFER_STATES = ("held_out", "planned", "sending", "issued", "redeemed", "expired", "revoked", "cancelled", "rejected")

ENTRY_KINDS = ("opening", "reserve", "release", "book", "unbook")

#: Of an offer: dead for good, and perhaps still in the store. Written so that the index of exactly these serves, and not
#: the one by state, in which everything that ever ended stands.
REMOVABLE = text("removed_at IS NULL AND store_ref IS NOT NULL AND (state || '') IN ('expired', 'cancelled')")

#: Of an offer: it gives something. A reminder does only where it has a code. Written out, so that the index of exactly these
#: serves whoever asks with these words.
GIVES = text("(kind <> 'win_back' OR step <> 'reminder' OR code IS NOT NULL)")

programs = of_a_shop(
    "programs",
    Column("version", Whole, primary_key=True, autoincrement=False),
    Column("body", Document, nullable=False),
    Column("author", Text, nullable=False),
    Column("note", Text, nullable=False, server_default=""),
    Column("saved_at", Moment, nullable=False),
)

offers = of_a_shop(
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
    # when its dead discount was taken out of the store
    Column("removed_at", Moment),
    Column("reasons", Document, nullable=False),
    Column("inputs", Document, nullable=False),
    UniqueConstraint("shop_id", "customer_id", "rule", "cycle", "generation"),
    one_of("state", OFFER_STATES),
    CheckConstraint("(state = 'held_out') <= (code IS NULL)", name="held_out_has_no_code"),
    CheckConstraint("reserved_minor >= 0 AND cost_minor >= 0", name="money_not_negative"),
    Index("ix_offers_shop_id_code", "shop_id", "code", unique=True),
    Index("ix_offers_shop_id_state_ends_at", "shop_id", "state", "ends_at"),
    Index("ix_offers_to_remove", "shop_id", "ends_at", "offer_id", sqlite_where=REMOVABLE, postgresql_where=REMOVABLE),
    # the newest first, page by page; and all that the counts of the overview ask, without a look at the long rows
    Index("ix_offers_by_age", "shop_id", "created_at", "offer_id", "state"),
    Index("ix_offers_counted", "shop_id", "state", "kind", "step", "created_at", "redeemed_at"),
    # what was given in a span of time is a stretch of it for each state
    Index("ix_offers_giving", "shop_id", "state", "created_at", sqlite_where=GIVES, postgresql_where=GIVES),
)

redemptions = of_a_shop(
    "redemptions",
    Column("offer_id", Ident, primary_key=True),
    Column("order_id", Ident, primary_key=True),
    Column("ordered_at", Moment, nullable=False),
    Column("discount_minor", Whole, nullable=False),
    # the order's customer is not the one it was meant for
    Column("leaked", Flag, nullable=False),
    # the order was cancelled or wholly refunded
    Column("reversed", Flag, nullable=False),
    # how often it was taken back or restored: what tells one move of its money from the next
    Column("turn", Whole, nullable=False, server_default="0"),
    Index("ix_redemptions_shop_id_order_id", "shop_id", "order_id"),
)

# The money of a month, move by move. Triggers (migration 0004) hold each row's balance to the one before it, and let
# nobody change or remove a row: an erasure takes the names out, and a shop's rows go after its counters.
budget_entries = of_a_shop(
    "budget_entries",
    Column("month", Ident, primary_key=True),
    Column("number", Whole, primary_key=True, autoincrement=False),
    Column("kind", Text, nullable=False),
    Column("cause", Ident, nullable=False),
    Column("offer_id", Ident),
    Column("order_id", Ident),
    Column("reserved_minor", Whole, nullable=False),
    Column("booked_minor", Whole, nullable=False),
    Column("reserved_after", Whole, nullable=False),
    Column("booked_after", Whole, nullable=False),
    Column("cap_minor", Whole),
    Column("at", Moment, nullable=False),
    UniqueConstraint("shop_id", "cause"),
    # what a counter points at
    UniqueConstraint("shop_id", "month", "number", "reserved_after", "booked_after", name="uq_budget_entries_balance"),
    one_of("kind", ENTRY_KINDS),
    CheckConstraint("reserved_after >= 0 AND booked_after >= 0", name="not_negative"),
    CheckConstraint("cap_minor IS NULL OR reserved_after + booked_after <= cap_minor", name="within_the_cap"),
    Index("ix_budget_entries_shop_id_offer_id", "shop_id", "offer_id"),
)

# where the money of a month stands: at every commit the balance of its newest move
budgets = of_a_shop(
    "budgets",
    Column("month", Ident, primary_key=True),
    Column("reserved_minor", Whole, nullable=False),
    Column("booked_minor", Whole, nullable=False),
    Column("moves", Whole, nullable=False),
    CheckConstraint("reserved_minor >= 0 AND booked_minor >= 0", name="not_negative"),
    ForeignKeyConstraint(
        ["shop_id", "month", "moves", "reserved_minor", "booked_minor"],
        [f"budget_entries.{name}" for name in ("shop_id", "month", "number", "reserved_after", "booked_after")],
        name="fk_budgets_is_the_balance",
        deferrable=True,
        initially="DEFERRED",
    ),
)

decisions = of_a_shop(
    "decisions",
    Column("customer_id", Ident, primary_key=True),
    Column("decided_at", Moment, nullable=False),
    Column("program_version", Whole, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("reasons", Document, nullable=False),
    Column("inputs", Document, nullable=False),
)
