"""The month's money: reserved when an offer is made, booked when it is used, never together more than the cap."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, select, update

from storage.tables import budgets
from storage.upserts import insert, put_new


class Budget(NamedTuple):
    """What a month has promised and what it has cost, minor units."""

    reserved_minor: int
    booked_minor: int


def reserve(db: Connection, shop_id: int, *, month: str, amount: int, cap: int) -> bool:
    """Sets money aside if it still fits under the cap, in one statement; whether it did. Raises ValueError below zero."""
    if amount < 0:
        raise ValueError(f"a reservation of {amount}")
    if amount > cap:
        return False
    statement = insert(db, budgets).values(shop_id=shop_id, month=month, reserved_minor=amount, booked_minor=0)
    fits = budgets.c.reserved_minor + budgets.c.booked_minor + amount <= cap
    grown = {"reserved_minor": budgets.c.reserved_minor + amount}
    statement = statement.on_conflict_do_update(index_elements=["shop_id", "month"], set_=grown, where=fits)
    return db.execute(statement.returning(budgets.c.month)).one_or_none() is not None


def release(db: Connection, shop_id: int, *, month: str, amount: int) -> None:
    """Gives reserved money back. Raises IntegrityError for more than is reserved, LookupError for an unknown month."""
    _change(db, shop_id, month, reserved_minor=budgets.c.reserved_minor - amount)


def book(db: Connection, shop_id: int, *, month: str, reserved: int, cost: int) -> None:
    """Turns a reservation into what it really cost; nothing has to be reserved for what was used unforeseen."""
    if reserved == 0:
        empty = {"shop_id": shop_id, "month": month, "reserved_minor": 0, "booked_minor": 0}
        put_new(db, budgets, [empty], returning=(budgets.c.month,))
    left = budgets.c.reserved_minor - reserved
    _change(db, shop_id, month, reserved_minor=left, booked_minor=budgets.c.booked_minor + cost)


def unbook(db: Connection, shop_id: int, *, month: str, cost: int) -> None:
    """Takes a cost back: the order was cancelled or wholly refunded."""
    _change(db, shop_id, month, booked_minor=budgets.c.booked_minor - cost)


def state(db: Connection, shop_id: int, month: str) -> Budget:
    """How the month stands; zeros before the first reservation."""
    mine = (budgets.c.shop_id == shop_id, budgets.c.month == month)
    row = db.execute(select(budgets.c.reserved_minor, budgets.c.booked_minor).where(*mine)).one_or_none()
    return Budget(0, 0) if row is None else Budget(*row)


def _change(db: Connection, shop_id: int, month: str, **changed: ColumnElement[int]) -> None:
    mine = (budgets.c.shop_id == shop_id, budgets.c.month == month)
    if db.execute(update(budgets).where(*mine).values(changed)).rowcount == 0:
        raise LookupError(f"nothing is reserved in {month}")
