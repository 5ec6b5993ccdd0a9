"""Every move of a month's money is written down, and what is written stays and adds up."""

from __future__ import annotations

import importlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, insert, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from storage import budgets, erasure, ledger
from storage.budgets import Cause
from storage.engine import Database
from storage.tables import budget_entries
from storage.tables import budgets as counters
from tests.storage.filled import bought, customer, fill
from tests.storage.worlds import START, any_cause, new_shop

MONTH = "2026-03"
CAP = 20

amounts = st.integers(0, 12)
causes = st.sampled_from(["one", "two", "three"]).map(lambda key: Cause(key, START)) | st.builds(any_cause)
moves = st.one_of(
    st.tuples(st.just("reserve"), amounts, amounts, causes),
    st.tuples(st.just("release"), amounts, amounts, causes),
    st.tuples(st.just("book"), amounts, amounts, causes),
    st.tuples(st.just("unbook"), amounts, amounts, causes),
    st.tuples(st.just("till"), amounts, amounts, causes),
)


@given(asked=st.lists(moves, max_size=15))
def test_the_sum_of_the_moves_is_the_counter(database: Database, asked: list[tuple[str, int, int, Cause]]):
    """Whatever is asked, granted or refused: replayed move by move the ledger gives every balance, and the counter."""
    with database.transaction() as db:
        shop_id = new_shop(db)
    for move in asked:
        with suppress(IntegrityError, LookupError), database.transaction() as db:
            carry_out(db, shop_id, *move)
    with database.reading() as db:
        entries, state = ledger.of_month(db, shop_id, MONTH), budgets.state(db, shop_id, MONTH)
        assert ledger.disagreements(db, shop_id) == []
    assert replayed(entries) == state
    assert len({entry.cause for entry in entries}) == len(entries)


@given(parts=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=4))
def test_a_cause_moves_once(database: Database, parts: list[tuple[int, int]]):
    """The whole life of offers told again, in one transaction or in another, leaves the counter as it was."""
    with database.transaction() as db:
        shop_id = new_shop(db)
        life(db, shop_id, parts)
        once = budgets.state(db, shop_id, MONTH)
        life(db, shop_id, parts)
        assert budgets.state(db, shop_id, MONTH) == once
    with database.transaction() as db:
        life(db, shop_id, parts)
        assert budgets.state(db, shop_id, MONTH) == once
        assert ledger.disagreements(db, shop_id) == []


def test_a_till_writes_down_what_is_needed(database: Database, shop_id: int):
    """What was taken from a till and not needed is not set aside, the rest is there move by move; the cap holds."""
    kept = [(5, Cause("a", START, "offer a")), (4, Cause("b", START, "offer b"))]
    with database.transaction() as db:
        till = budgets.Till(db, shop_id, MONTH)
        granted = [till.take(amount, cap=CAP, at=START) for amount in (5, 6, 4, 6, 5)]
        till.close(kept, cap=CAP)
    with database.reading() as db:
        moved = ledger.of_month(db, shop_id, MONTH)
        assert budgets.state(db, shop_id, MONTH) == (9, 0)
        assert [entry.reserved_minor for entry in ledger.of_offer(db, shop_id, "offer b")] == [4]
    assert granted == [True, True, True, False, True]
    assert [(entry.number, entry.kind, entry.reserved_after) for entry in moved] == [
        (1, "opening", 0),
        (2, "reserve", 5),
        (3, "reserve", 9),
    ]


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE budget_entries SET reserved_minor = 1, reserved_after = 1 WHERE shop_id = :shop AND number = 2",
        "UPDATE budget_entries SET at = 0 WHERE shop_id = :shop",
        "UPDATE budget_entries SET cause = 'other' WHERE shop_id = :shop AND number = 2",
        "DELETE FROM budget_entries WHERE shop_id = :shop AND number = 2",
        "UPDATE budgets SET reserved_minor = reserved_minor - 1 WHERE shop_id = :shop",
        "UPDATE budgets SET moves = moves - 1 WHERE shop_id = :shop",
        "INSERT INTO budgets (shop_id, month, reserved_minor, booked_minor, moves) VALUES (:shop, '2026-05', 1, 0, 1)",
    ],
)
def test_the_database_refuses_other_books(database: Database, shop_id: int, change: str):
    """A move is not changed or removed, and a counter that its moves do not lead to is not committed."""
    with database.transaction() as db:
        budgets.reserve(db, shop_id, month=MONTH, amount=5, cap=CAP, cause=any_cause())
    with pytest.raises(IntegrityError), database.transaction() as db:
        db.execute(text(change), {"shop": shop_id})
    with database.reading() as db:
        assert budgets.state(db, shop_id, MONTH) == (5, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"number": 4},
        {"reserved_after": 7},
        {"booked_after": 1},
        {"reserved_minor": -6, "reserved_after": -1},
        {"cap_minor": 5},
        {"kind": "gift"},
        {"cause": "known"},
    ],
)
def test_a_move_continues_the_one_before(database: Database, shop_id: int, wrong: dict[str, Any]):
    """No gap in the numbers, no balance that does not follow, none below zero or above its cap, no cause twice."""
    with database.transaction() as db:
        budgets.reserve(db, shop_id, month=MONTH, amount=5, cap=CAP, cause=Cause("known", START))
    right = {
        "shop_id": shop_id, "month": MONTH, "number": 3, "kind": "reserve", "cause": "new", "reserved_minor": 1,
        "booked_minor": 0, "reserved_after": 6, "booked_after": 0, "cap_minor": CAP, "at": START,
    }  # fmt: skip
    with pytest.raises(DBAPIError), database.transaction() as db:
        db.execute(insert(budget_entries).values(**(right | wrong)))


def test_a_disagreement_is_found(sqlite_database: Database):
    """Books that were changed behind the database's back are named by their month."""
    with sqlite_database.transaction() as db:
        shop_id = new_shop(db)
        budgets.reserve(db, shop_id, month=MONTH, amount=5, cap=CAP, cause=any_cause())
        assert ledger.disagreements(db, shop_id) == []
        db.execute(update(counters).where(counters.c.shop_id == shop_id).values(reserved_minor=4))
        assert ledger.disagreements(db, shop_id) == [MONTH]
        db.rollback()


def test_an_erasure_keeps_the_sums_and_no_name(database: Database, shop_id: int):
    """The moves of a forgotten customer's offers and orders stay, without the offer, the order or a cause that tells."""
    with database.transaction() as db:
        fill(db, shop_id, range(2))
        for one in range(2):
            cause = Cause(f"book/offer{one}/{bought(one)}", START, f"offer{one}", bought(one))
            budgets.book(db, shop_id, month=MONTH, reserved=10, cost=7, cause=cause)
        before = ledger.of_month(db, shop_id, MONTH)
        erasure.erase_customer(db, shop_id, customer(0), fingerprint="f", needles=[], now=START)
        after = ledger.of_month(db, shop_id, MONTH)
        assert ledger.disagreements(db, shop_id) == []
    assert [entry for entry in after if entry.offer_id != "offer1"] != [
        entry for entry in before if entry.offer_id != "offer1"
    ]
    assert [(entry.reserved_after, entry.booked_after) for entry in after] == [
        (entry.reserved_after, entry.booked_after) for entry in before
    ]
    said = repr(after)
    assert "offer0" not in said
    assert bought(0) not in said
    assert bought(1) in said


def test_a_shop_goes_with_its_books(database: Database, shop_id: int):
    """Erasing a shop takes counters and moves along."""
    with database.transaction() as db:
        fill(db, shop_id, range(2))
        erasure.erase_shop(db, shop_id)
        assert (
            db.execute(
                text("SELECT count(*) FROM budget_entries WHERE shop_id = :shop"), {"shop": shop_id}
            ).scalar_one()
            == 0
        )


def test_months_from_before_begin_with_what_they_held(tmp_path: Path):
    """A database from before the ledger keeps its counters: each month opens with one move that says how it stood."""
    steps = importlib.import_module("storage.migrations")
    database = Database(f"sqlite:///{tmp_path / 'old.db'}")
    with database.transaction() as db:
        steps.run(db, "0003")
        db.execute(text(OLD_SHOP))
        db.execute(
            text("INSERT INTO budgets (shop_id, month, reserved_minor, booked_minor) VALUES (1, '2026-02', 30, 12)")
        )
    steps.migrate(database)
    with database.reading() as db:
        (entry,) = ledger.of_month(db, 1, "2026-02")
        assert budgets.state(db, 1, "2026-02") == (30, 12)
        assert ledger.disagreements(db, 1) == []
    assert (entry.kind, entry.reserved_minor, entry.booked_minor) == ("opening", 30, 12)
    with database.transaction() as db:
        assert budgets.reserve(db, 1, month="2026-02", amount=8, cap=50, cause=any_cause())
        assert not budgets.reserve(db, 1, month="2026-02", amount=1, cap=50, cause=any_cause())
    database.close()


OLD_SHOP = """
    INSERT INTO shops (shop_id, platform, domain, state, installed_at, nightly_due_at)
    VALUES (1, 'shopify', 'old.myshopify.com', 'active', 0, 0)
"""


def carry_out(db: Connection, shop_id: int, kind: str, amount: int, cost: int, cause: Cause) -> None:
    """One move as a use case asks for it."""
    match kind:
        case "reserve":
            budgets.reserve(db, shop_id, month=MONTH, amount=amount, cap=CAP, cause=cause)
        case "release":
            budgets.release(db, shop_id, month=MONTH, amount=amount, cause=cause)
        case "book":
            budgets.book(db, shop_id, month=MONTH, reserved=amount, cost=min(cost, amount), cause=cause)
        case "unbook":
            budgets.unbook(db, shop_id, month=MONTH, cost=cost, cause=cause)
        case _:
            till = budgets.Till(db, shop_id, MONTH)
            taken = till.take(amount, cap=CAP, at=START)
            till.close([(amount, any_cause())] if taken else [], cap=CAP)


def life(db: Connection, shop_id: int, parts: list[tuple[int, int]]) -> None:
    """Money is set aside, and used, taken back, or given back."""
    for number, (amount, cost) in enumerate(parts):
        budgets.reserve(db, shop_id, month=MONTH, amount=amount, cap=CAP, cause=Cause(f"reserve/{number}", START))
        if number % 2:
            cause = Cause(f"release/{number}", START)
            budgets.release(db, shop_id, month=MONTH, amount=amount, cause=cause)
        else:
            used = min(cost, amount)
            budgets.book(db, shop_id, month=MONTH, reserved=amount, cost=used, cause=Cause(f"book/{number}", START))
            budgets.unbook(db, shop_id, month=MONTH, cost=used // 2, cause=Cause(f"unbook/{number}", START))


def replayed(entries: list[ledger.Entry]) -> budgets.Budget:
    """The balance after all moves, with each one held to its own, to the numbers and to the cap on the way."""
    reserved = booked = 0
    for number, entry in enumerate(entries, 1):
        reserved, booked = reserved + entry.reserved_minor, booked + entry.booked_minor
        assert entry.number == number
        assert (entry.reserved_after, entry.booked_after) == (reserved, booked)
        assert 0 <= reserved + booked <= (entry.cap_minor if entry.cap_minor is not None else CAP)
    return budgets.Budget(reserved, booked)
