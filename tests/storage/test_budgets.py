"""A budget is never exceeded, whoever asks and however many at once."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from storage import budgets
from storage.engine import Database
from tests.storage.worlds import any_cause, new_shop

MONTH = "2026-03"


def test_many_threads_never_exceed_the_cap(database: Database, shop_id: int):
    """Sixteen threads reserve until they are refused: no committed state is over the cap, and all of it is used."""
    cap, amount, threads = 100, 7, 16
    granted: list[int] = []
    seen: list[int] = []
    start = threading.Barrier(threads)

    def ask() -> None:
        start.wait()
        while True:
            with database.transaction() as db:
                given = budgets.reserve(db, shop_id, month=MONTH, amount=amount, cap=cap, cause=any_cause())
            with database.reading() as db:
                seen.append(sum(budgets.state(db, shop_id, MONTH)))
            if not given:
                return
            granted.append(amount)

    running = [threading.Thread(target=ask) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    assert max(seen) == sum(granted) == 98


@given(asked=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 10), st.integers(0, 12)), max_size=12))
def test_what_is_reserved_and_booked_adds_up(database: Database, asked: list[tuple[int, int, int]]):
    """Reservations are granted exactly while they fit, and become costs of at most what was reserved."""
    with database.transaction() as db:
        shop_id = new_shop(db)
        reserved = booked = 0
        for amount, cost, cap in asked:
            fits = reserved + booked + amount <= cap
            assert budgets.reserve(db, shop_id, month=MONTH, amount=amount, cap=cap, cause=any_cause()) == fits
            if not fits:
                continue
            reserved += amount
            if cost <= amount:
                budgets.book(db, shop_id, month=MONTH, reserved=amount, cost=cost, cause=any_cause())
                reserved, booked = reserved - amount, booked + cost
            assert budgets.state(db, shop_id, MONTH) == (reserved, booked)
        if reserved or booked:
            budgets.release(db, shop_id, month=MONTH, amount=reserved, cause=any_cause())
            budgets.unbook(db, shop_id, month=MONTH, cost=booked, cause=any_cause())
        assert budgets.state(db, shop_id, MONTH) == (0, 0)


def test_months_and_shops_are_apart(database: Database, shop_id: int):
    """What one month of one shop uses is not missing in another."""
    with database.transaction() as db:
        other = new_shop(db)
        for whose, month in ((shop_id, MONTH), (shop_id, "2026-04"), (other, MONTH)):
            assert budgets.reserve(db, whose, month=month, amount=10, cap=10, cause=any_cause())
            assert not budgets.reserve(db, whose, month=month, amount=1, cap=10, cause=any_cause())


@pytest.mark.parametrize("amount", [11, 10**12])
def test_more_than_is_reserved_cannot_be_given_back(database: Database, shop_id: int, amount: int):
    """The database itself refuses a budget below zero."""
    with pytest.raises(IntegrityError), database.transaction() as db:  # noqa: PT012
        budgets.reserve(db, shop_id, month=MONTH, amount=10, cap=10, cause=any_cause())
        budgets.release(db, shop_id, month=MONTH, amount=amount, cause=any_cause())


def test_mistakes_are_told(database: Database, shop_id: int):
    """A negative reservation and a month that nobody reserved in are mistakes."""
    with database.transaction() as db:
        with pytest.raises(ValueError, match="a reservation of -1"):
            budgets.reserve(db, shop_id, month=MONTH, amount=-1, cap=10, cause=any_cause())
        with pytest.raises(LookupError, match="nothing is reserved in 2026-03"):
            budgets.release(db, shop_id, month=MONTH, amount=1, cause=any_cause())


def test_a_cost_that_nobody_foresaw_is_booked(database: Database, shop_id: int):
    """Money that was spent is counted, even without a reservation."""
    with database.transaction() as db:
        budgets.book(db, shop_id, month=MONTH, reserved=0, cost=5, cause=any_cause())
        assert budgets.state(db, shop_id, MONTH) == (0, 5)
        assert not budgets.reserve(db, shop_id, month=MONTH, amount=6, cap=10, cause=any_cause())
