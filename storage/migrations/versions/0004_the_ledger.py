"""Each month's money move by move. The months there are begin with one row that says how they stood."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision, down_revision = "0004", "0003"

TEXT = sa.Text()
IDENT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
WHOLE = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BALANCE = ("shop_id", "month", "moves", "reserved_minor", "booked_minor")
ENTRY = tuple(f"budget_entries.{name}" for name in ("shop_id", "month", "number", "reserved_after", "booked_after"))


def upgrade() -> None:
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    op.add_column("redemptions", _needed("turn", WHOLE, server_default="0"))
    _entries()
    op.execute(OPENING.format(now="unixepoch()" if on_sqlite else "extract(epoch FROM now())::bigint"))
    if on_sqlite:
        _counters_anew()
    else:
        op.add_column("budgets", sa.Column("moves", WHOLE))
        op.execute("UPDATE budgets SET moves = 1")
        op.alter_column("budgets", "moves", nullable=False)
        op.create_foreign_key(
            "fk_budgets_is_the_balance", "budgets", "budget_entries", list(BALANCE),
            [name.partition(".")[2] for name in ENTRY], deferrable=True, initially="DEFERRED",
        )  # fmt: skip
    for statement in ON_SQLITE if on_sqlite else ON_POSTGRESQL:
        op.execute(sa.text(statement.replace(":", "\\:")))


def _entries() -> None:
    op.create_table(
        "budget_entries",
        _needed("shop_id", WHOLE),
        _needed("month", IDENT),
        _needed("number", WHOLE, autoincrement=False),
        _needed("kind", TEXT),
        _needed("cause", IDENT),
        sa.Column("offer_id", IDENT),
        sa.Column("order_id", IDENT),
        _needed("reserved_minor", WHOLE),
        _needed("booked_minor", WHOLE),
        _needed("reserved_after", WHOLE),
        _needed("booked_after", WHOLE),
        sa.Column("cap_minor", WHOLE),
        _needed("at", WHOLE),
        sa.PrimaryKeyConstraint("shop_id", "month", "number", name="pk_budget_entries"),
        sa.UniqueConstraint("shop_id", "cause", name="uq_budget_entries_shop_id_cause"),
        sa.UniqueConstraint(
            "shop_id", "month", "number", "reserved_after", "booked_after", name="uq_budget_entries_balance"
        ),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name="fk_budget_entries_shop_id"),
        sa.CheckConstraint(
            "kind IN ('opening', 'reserve', 'release', 'book', 'unbook')", name="ck_budget_entries_kind_known"
        ),
        sa.CheckConstraint("reserved_after >= 0 AND booked_after >= 0", name="ck_budget_entries_not_negative"),
        sa.CheckConstraint(
            "cap_minor IS NULL OR reserved_after + booked_after <= cap_minor", name="ck_budget_entries_within_the_cap"
        ),
        sqlite_strict=True,
    )
    op.create_index("ix_budget_entries_shop_id_offer_id", "budget_entries", ["shop_id", "offer_id"])


def _counters_anew() -> None:
    """SQLite adds no key to a table that is there; no other table points at this one."""
    op.rename_table("budgets", "budgets_before")
    op.create_table(
        "budgets",
        _needed("shop_id", WHOLE),
        _needed("month", IDENT),
        _needed("reserved_minor", WHOLE),
        _needed("booked_minor", WHOLE),
        _needed("moves", WHOLE),
        sa.PrimaryKeyConstraint("shop_id", "month", name="pk_budgets"),
        sa.ForeignKeyConstraint(["shop_id"], ["shops.shop_id"], name="fk_budgets_shop_id"),
        sa.ForeignKeyConstraint(
            BALANCE, ENTRY, name="fk_budgets_is_the_balance", deferrable=True, initially="DEFERRED"
        ),
        sa.CheckConstraint("reserved_minor >= 0 AND booked_minor >= 0", name="ck_budgets_not_negative"),
        sqlite_strict=True,
    )
    op.execute("INSERT INTO budgets SELECT shop_id, month, reserved_minor, booked_minor, 1 FROM budgets_before")
    op.drop_table("budgets_before")


def _needed(name: str, kind: sa.types.TypeEngine[Any], **options: Any) -> sa.Column[Any]:
    return sa.Column(name, kind, nullable=False, **options)


OPENING = """
    INSERT INTO budget_entries (shop_id, month, number, kind, cause, reserved_minor, booked_minor,
        reserved_after, booked_after, at)
    SELECT shop_id, month, 1, 'opening', 'opening/' || month, reserved_minor, booked_minor,
        reserved_minor, booked_minor, {now} * 1000000 FROM budgets
"""
#: an erasure may take the names out of a row, and nothing else; a shop that goes takes its counters first
ONLY_NAMES_GO = """
    NEW.offer_id IS NULL AND NEW.order_id IS NULL AND NEW.cause = 'erased/' || OLD.month || '/' || OLD.number
    AND NEW.shop_id = OLD.shop_id AND NEW.month = OLD.month AND NEW.number = OLD.number AND NEW.kind = OLD.kind
    AND NEW.reserved_minor = OLD.reserved_minor AND NEW.booked_minor = OLD.booked_minor
    AND NEW.reserved_after = OLD.reserved_after AND NEW.booked_after = OLD.booked_after
    AND coalesce(NEW.cap_minor, -1) = coalesce(OLD.cap_minor, -1) AND NEW.at = OLD.at
"""
MONTH_STANDS = "EXISTS (SELECT 1 FROM budgets WHERE shop_id = OLD.shop_id AND month = OLD.month)"
CONTINUES = """
    (NEW.number = 1 AND NEW.reserved_after = NEW.reserved_minor AND NEW.booked_after = NEW.booked_minor) OR EXISTS (
        SELECT 1 FROM budget_entries WHERE shop_id = NEW.shop_id AND month = NEW.month AND number = NEW.number - 1
        AND reserved_after = NEW.reserved_after - NEW.reserved_minor
        AND booked_after = NEW.booked_after - NEW.booked_minor)
"""
NO_GAP = "a move of money must continue the balance before it"
NO_CHANGE = "a move of money is not changed"
NO_REMOVAL = "a move of money is not removed"
ON_SQLITE = (
    f"""CREATE TRIGGER budget_entries_continue AFTER INSERT ON budget_entries WHEN NOT ({CONTINUES})
        BEGIN SELECT RAISE(ABORT, '{NO_GAP}'); END""",
    f"""CREATE TRIGGER budget_entries_unchanged BEFORE UPDATE ON budget_entries WHEN NOT ({ONLY_NAMES_GO})
        BEGIN SELECT RAISE(ABORT, '{NO_CHANGE}'); END""",
    f"""CREATE TRIGGER budget_entries_stay BEFORE DELETE ON budget_entries WHEN {MONTH_STANDS}
        BEGIN SELECT RAISE(ABORT, '{NO_REMOVAL}'); END""",
)
ON_POSTGRESQL = (
    f"""CREATE FUNCTION budget_entries_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                IF {CONTINUES} THEN RETURN NULL; END IF;
                RAISE EXCEPTION '{NO_GAP}' USING ERRCODE = 'integrity_constraint_violation';
            ELSIF TG_OP = 'UPDATE' THEN
                IF {ONLY_NAMES_GO} THEN RETURN NEW; END IF;
                RAISE EXCEPTION '{NO_CHANGE}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            IF {MONTH_STANDS} THEN
                RAISE EXCEPTION '{NO_REMOVAL}' USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN OLD;
        END $$""",
    """CREATE TRIGGER budget_entries_continue AFTER INSERT ON budget_entries
        FOR EACH ROW EXECUTE FUNCTION budget_entries_kept()""",
    """CREATE TRIGGER budget_entries_stay BEFORE UPDATE OR DELETE ON budget_entries
        FOR EACH ROW EXECUTE FUNCTION budget_entries_kept()""",
)
