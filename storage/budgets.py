"""The month's money: reserved when an offer is made, booked when it is used, never together more than the cap.

Every move changes the month's counter and is written down in the ledger, in one transaction; its cause moves it once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from storage import ledger
from storage.columns import Whole
from storage.ledger import Cause, Entry
from storage.tables import budgets
from storage.upserts import put_new

__all__ = ["Budget", "Cause", "Move", "Till", "beside", "book", "release", "release_all", "reserve", "state", "unbook"]

MINE = (budgets.c.shop_id == bindparam("shop"), budgets.c.month == bindparam("which"))
STATE = select(budgets.c.reserved_minor, budgets.c.booked_minor).where(*MINE)
#: nobody else moves this month until the transaction ends
HELD = STATE.with_for_update()
CHANGE = (
    update(budgets)
    .where(*MINE)
    .values(
        reserved_minor=budgets.c.reserved_minor + bindparam("reserved", type_=Whole),
        booked_minor=budgets.c.booked_minor + bindparam("booked", type_=Whole),
        moves=budgets.c.moves + bindparam("moves", type_=Whole),
    )
    .returning(budgets.c.reserved_minor, budgets.c.booked_minor, budgets.c.moves)
)
CHANGE_WITHIN = CHANGE.where(
    budgets.c.reserved_minor + budgets.c.booked_minor + bindparam("reserved", type_=Whole)
    <= bindparam("cap", type_=Whole)
)


class Budget(NamedTuple):
    """What a month has promised and what it has cost, minor units."""

    reserved_minor: int
    booked_minor: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """A change of a month's counter, minor units, and why."""

    kind: str
    cause: Cause
    reserved: int = 0
    booked: int = 0


def beside(month: str, currency: str) -> str:
    """The name of a month's money in another currency than the month began with; sorts before every month."""
    return f"+{currency}/{month}"


def reserve(db: Connection, shop_id: int, *, month: str, amount: int, cap: int, cause: Cause) -> bool:
    """Sets money aside if it still fits under the cap, in one statement; whether it did. Raises ValueError below zero."""
    if amount < 0:
        raise ValueError(f"a reservation of {amount}")
    if amount > cap:
        return False
    moves = [Move(kind="reserve", cause=cause, reserved=amount)]
    if not _new(db, shop_id, moves) or _change(db, shop_id, month, moves, cap=cap):
        return True
    return _open(db, shop_id, month, cause.at) and _change(db, shop_id, month, moves, cap=cap)


def release(db: Connection, shop_id: int, *, month: str, amount: int, cause: Cause) -> None:
    """Gives reserved money back. Raises IntegrityError for more than is reserved, LookupError for an unknown month."""
    release_all(db, shop_id, month, [(amount, cause)])


def release_all(db: Connection, shop_id: int, month: str, freed: Sequence[tuple[int, Cause]]) -> None:
    """``release`` of many sums of one month in as few statements as of one."""
    _carry_out(db, shop_id, month, [Move(kind="release", cause=cause, reserved=-amount) for amount, cause in freed])


def book(db: Connection, shop_id: int, *, month: str, reserved: int, cost: int, cause: Cause) -> None:
    """Turns a reservation into what it really cost; nothing has to be reserved for what was used unforeseen."""
    if reserved == 0:
        _open(db, shop_id, month, cause.at)
    _carry_out(db, shop_id, month, [Move(kind="book", cause=cause, reserved=-reserved, booked=cost)])


def unbook(db: Connection, shop_id: int, *, month: str, cost: int, cause: Cause) -> None:
    """Takes a cost back: the order was cancelled or wholly refunded."""
    _carry_out(db, shop_id, month, [Move(kind="unbook", cause=cause, booked=-cost)])


def state(db: Connection, shop_id: int, month: str) -> Budget:
    """How the month stands; zeros before the first reservation."""
    row = db.execute(STATE, {"shop": shop_id, "which": month}).one_or_none()
    return Budget(0, 0) if row is None else Budget(*row)


class Till:
    """Reservations of one month within one transaction: taken one by one, written down together by ``close``.

    From the first that is taken the month is this transaction's alone; so what fits is known without asking again.
    """

    def __init__(self, db: Connection, shop_id: int, month: str) -> None:
        self._db, self._shop_id, self._month = db, shop_id, month
        self._used: int | None = None

    def take(self, amount: int, *, cap: int, at: datetime) -> bool:
        """Sets money aside if it still fits under the cap; whether it did. Raises ValueError below zero."""
        if amount < 0:
            raise ValueError(f"a reservation of {amount}")
        if self._used is None:
            self._used = sum(self._held(at))
        if self._used + amount > cap:
            return False
        self._used += amount
        return True

    def close(self, kept: Sequence[tuple[int, Cause]], *, cap: int) -> None:
        """Writes down what was taken and is really needed; two with one cause are a mistake."""
        moves = [Move(kind="reserve", cause=cause, reserved=amount) for amount, cause in kept]
        if moves and not _change(self._db, self._shop_id, self._month, moves, cap=cap):
            raise RuntimeError(f"{self._month} holds less than what was taken out of it")

    def _held(self, at: datetime) -> Budget:
        given = {"shop": self._shop_id, "which": self._month}
        row = self._db.execute(HELD, given).one_or_none()
        if row is None:
            _open(self._db, self._shop_id, self._month, at)
            row = self._db.execute(HELD, given).one()
        return Budget(*row)


def _carry_out(db: Connection, shop_id: int, month: str, moves: Sequence[Move]) -> None:
    new = _new(db, shop_id, moves)
    if new and not _change(db, shop_id, month, new):
        raise LookupError(f"nothing is reserved in {month}")


def _new(db: Connection, shop_id: int, moves: Sequence[Move]) -> list[Move]:
    known = ledger.known(db, shop_id, [move.cause.key for move in moves])
    return [move for move in moves if move.cause.key not in known]


def _change(db: Connection, shop_id: int, month: str, moves: Sequence[Move], *, cap: int | None = None) -> bool:
    """Moves the counter and writes it down; False where the month is unknown or the cap is in the way."""
    total = {
        "reserved": sum(move.reserved for move in moves),
        "booked": sum(move.booked for move in moves),
        "moves": len(moves),
    }
    given = {"shop": shop_id, "which": month, **total}
    after = db.execute(
        CHANGE if cap is None else CHANGE_WITHIN, given if cap is None else given | {"cap": cap}
    ).one_or_none()
    if after is None:
        return False
    start = Budget(after.reserved_minor - total["reserved"], after.booked_minor - total["booked"])
    entries = list(_entries(month, after.moves - len(moves), start, moves, cap))
    if not ledger.write(db, shop_id, entries):
        # another worker came first with the same cause
        db.execute(CHANGE, given | {name: -value for name, value in total.items()})
    return True


def _entries(month: str, number: int, start: Budget, moves: Sequence[Move], cap: int | None) -> Iterator[Entry]:
    reserved, booked = start
    for one, move in enumerate(moves, number + 1):
        reserved, booked = reserved + move.reserved, booked + move.booked
        yield Entry(
            month=month, number=one, kind=move.kind, cause=move.cause.key, offer_id=move.cause.offer_id,
            order_id=move.cause.order_id, reserved_minor=move.reserved, booked_minor=move.booked,
            reserved_after=reserved, booked_after=booked, cap_minor=cap, at=move.cause.at,
        )  # fmt: skip


def _open(db: Connection, shop_id: int, month: str, at: datetime) -> bool:
    """Begins the books of a month that has none; whether it had none."""
    empty = {"shop_id": shop_id, "month": month, "reserved_minor": 0, "booked_minor": 0, "moves": 1}
    if not put_new(db, budgets, [empty], returning=(budgets.c.month,)):
        return False
    first = Move(kind="opening", cause=Cause(f"opening/{month}", at))
    ledger.write(db, shop_id, list(_entries(month, 0, Budget(0, 0), [first], None)))
    return True
