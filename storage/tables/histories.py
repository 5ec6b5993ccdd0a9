"""How far a store's past was read, and up to when the store was asked what changed."""

from __future__ import annotations

from sqlalchemy import CheckConstraint, Column, Index, Text

from storage.columns import Document, Flag, Ident, Moment, Whole
from storage.tables.base import of_a_shop, one_of

IMPORT_STATES = ("asked", "running", "reading", "done", "failed")

# the one import of each shop: the one under way, else the last
imports = of_a_shop(
    "imports",
    Column("state", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    # spans of time that are still to be read, the present one first: pairs of instants, none for an open end
    Column("spans", Document, nullable=False),
    # the store's name for what it runs for the present span
    Column("operation", Ident),
    # the store gave up half-way: what it has written is read, then the span is asked for in pieces
    Column("partial", Flag, nullable=False, server_default="0"),
    # the file's parts, and the next that is to be written
    Column("parts", Whole, nullable=False, server_default="0"),
    Column("part", Whole, nullable=False, server_default="0"),
    Column("orders_read", Whole, nullable=False, server_default="0"),
    # as many as the store names; 0 while it does not say
    Column("orders_told", Whole, nullable=False, server_default="0"),
    # what was in the file and could not be understood
    Column("unread", Whole, nullable=False, server_default="0"),
    # the store shows nothing older
    Column("limited_to", Moment),
    Column("tries", Whole, nullable=False, server_default="0"),
    Column("run_at", Moment, nullable=False),
    Column("claimed_until", Moment),
    Column("fence", Whole, nullable=False, server_default="0"),
    # one sentence, while it does not go forward
    Column("trouble", Text),
    Column("ended_at", Moment),
    one_of("state", IMPORT_STATES),
    CheckConstraint("part <= parts", name="part_of_the_file"),
    Index("ix_imports_state_run_at", "state", "run_at"),
)

# up to when a store was asked which orders changed
reconciliations = of_a_shop(
    "reconciliations",
    Column("asked_until", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    # orders that no delivery had told of, ever, and when the last one was found
    Column("found", Whole, nullable=False, server_default="0"),
    Column("found_at", Moment),
    Index("ix_reconciliations_due_at", "due_at"),
)
