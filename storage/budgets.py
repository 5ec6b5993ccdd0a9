"""The month's money: reserved when an offer is made, booked when it is used, never together more than the cap."""

from __future__ import annotations

from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.sql.dml import ReturningInsert

from storage.columns import Whole
from storage.tables import budgets
from storage.upserts import insert_on, put_new

MINE = (budgets.c.shop_id == bindparam("shop"), budgets.c.month == bindparam("which"))
STATE = select(budgets.c.reserved_minor, budgets.c.booked_minor).where(*MINE)
CHANGE = (
    update(budgets)
    .where(*MINE)
    .values(
        reserved_minor=budgets.c.reserved_minor + bindparam("reserved", type_=Whole),
        booked_minor=budgets.c.booked_minor + bindparam("booked", type_=Whole),
    )
)


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
    given = {"shop": shop_id, "which": month, "amount": amount, "cap": cap}
    return db.execute(_reserve(db.dialect.name), given).one_or_none() is not None


def release(db: Connection, shop_id: int, *, month: str, amount: int) -> None:
    """Gives reserved money back. Raises IntegrityError for more than is reserved, LookupError for an unknown month."""
    _change(db, shop_id, month, reserved=-amount, booked=0)


def book(db: Connection, shop_id: int, *, month: str, reserved: int, cost: int) -> None:
    """Turns a reservation into what it really cost; nothing has to be reserved for what was used unforeseen."""
    if reserved == 0:
        empty = {"shop_id": shop_id, "month": month, "reserved_minor": 0, "booked_minor": 0}
        put_new(db, budgets, [empty], returning=(budgets.c.month,))
    _change(db, shop_id, month, reserved=-reserved, booked=cost)


def unbook(db: Connection, shop_id: int, *, month: str, cost: int) -> None:
    """Takes a cost back: the order was cancelled or wholly refunded."""
    _change(db, shop_id, month, reserved=0, booked=-cost)


def state(db: Connection, shop_id: int, month: str) -> Budget:
    """How the month stands; zeros before the first reservation."""
    row = db.execute(STATE, {"shop": shop_id, "which": month}).one_or_none()
    return Budget(0, 0) if row is None else Budget(*row)


@cache
def _reserve(dialect: str) -> ReturningInsert[Any]:
    amount = bindparam("amount", type_=Whole)
    statement = insert_on(dialect, budgets).values(
        shop_id=bindparam("shop"), month=bindparam("which"), reserved_minor=amount, booked_minor=0
    )
    fits = budgets.c.reserved_minor + budgets.c.booked_minor + amount <= bindparam("cap", type_=Whole)
    grown = {"reserved_minor": budgets.c.reserved_minor + amount}
    statement = statement.on_conflict_do_update(index_elements=["shop_id", "month"], set_=grown, where=fits)
    return statement.returning(budgets.c.month)


def _change(db: Connection, shop_id: int, month: str, *, reserved: int, booked: int) -> None:
    given = {"shop": shop_id, "which": month, "reserved": reserved, "booked": booked}
    if db.execute(CHANGE, given).rowcount == 0:
        raise LookupError(f"nothing is reserved in {month}")
