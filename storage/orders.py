"""Orders, their lines and refunds as the store last told them, and the purchases that are measured.

The rows are a function of the facts: whatever order they arrive in, and however often, the newest telling of each order
is what stays, and every refund counts once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from operator import attrgetter, itemgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    bindparam,
    delete,
    func,
    literal_column,
    select,
    text,
    tuple_,
    type_coerce,
)

from storage import locks
from storage.columns import YES, to_micros, to_text_quickly
from storage.facts import CodeFact, OrderFact, RefundFact
from storage.tables import customers, order_lines, orders, refunds
from storage.upserts import Insert, add, among, among_later, bare, listed, put_all


class Purchases(NamedTuple):
    """Valid orders of known customers as columns, sorted by customer, instant, order id."""

    customer_ids: list[str]
    #: microseconds since 1970-01-01 UTC
    at_micros: list[int]
    net_minor: list[int]
    order_ids: list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredOrder:
    """An order as it stands."""

    order_id: str
    #: at the end of all merges; None for a guest
    customer_id: str | None
    ordered_at: datetime
    cancelled_at: datetime | None
    test: bool
    #: counts for the measures
    valid: bool
    currency: str
    gross_minor: int
    #: what is left after edits and refunds
    net_minor: int
    codes: tuple[CodeFact, ...]


SHOWN = tuple(orders.c[name] for name in StoredOrder.__dataclass_fields__)
#: what a telling of the store decides; the rest follows
TOLD = (
    "customer_id", "ordered_at", "updated_at", "rank", "cancelled_at", "test", "paid", "currency", "gross_minor",
    "current_minor", "codes", "channel", "country",
)  # fmt: skip
AS_THEY_ARE = tuple(name for name in TOLD if name not in {"rank", "codes"})
OF_FACT, OF_LINE = (
    attrgetter(*AS_THEY_ARE),
    attrgetter("line_id", "product_id", "variant_id", "quantity", "total_minor", "gift_card"),
)
KNOWS_WHERE = "w"
OF_LINES = ("shop_id", "order_id", "line_id", "product_id", "variant_id", "quantity", "total_minor", "gift_card")
OF_REFUNDS = ("refunded_at", "amount_minor", "currency")
#: later than any order, in microseconds since 1970
FOREVER = 2**63 - 1
SHOP = bindparam("shop", type_=orders.c.shop_id.type)
MINE = orders.c.shop_id == SHOP
VALID = (orders.c.shop_id == SHOP) & (orders.c.valid == YES)
OLDEST_FIRST = (orders.c.customer_id, orders.c.ordered_at, orders.c.order_id)
# one look at the end of each customer's rows in their index, and not all of them read and sorted
_NEWEST = (
    "SELECT given.value, (SELECT order_id FROM orders WHERE shop_id = :shop AND customer_id = given.value AND valid = 1 "
    "ORDER BY ordered_at DESC, order_id DESC LIMIT 1) FROM "
)
LATEST = {
    "sqlite": text(f"{_NEWEST} json_each(:wanted) AS given"),
    "postgresql": text(f"{_NEWEST} unnest(CAST(:wanted AS text[])) AS given (value)"),
}


def record_many(
    db: Connection, shop_id: int, orders_told: Sequence[OrderFact], refunds_told: Sequence[RefundFact]
) -> set[str]:
    """Takes orders and refunds in any order, any number of times; the customers whose purchases may have changed.

    Of two tellings of one order the newer ``updated_at`` wins; of two of the same instant the one further along
    (cancelled, voided), else a fixed one. A refund waits for its order. What counts is
    ``net = max(0, min(current, max(gross, current) - refunded))``, so that a store that takes refunds off the current
    total itself is not charged twice. Until the transaction ends, no other takes in the same orders or customers.
    """
    newest = _newest(orders_told)
    touched = newest.keys() | {refund.order_id for refund in refunds_told}
    if not touched:
        return set()
    locks.take(db, shop_id, "orders", touched)
    _keep_refunds(db, shop_id, refunds_told)
    there = _rows(db, shop_id, touched)
    refunded = _refunded(db, shop_id, touched)
    told = {order_id: _told(fact) for order_id, fact in newest.items()}
    told = {order_id: row for order_id, row in told.items() if order_id not in there or _newer(row, there[order_id])}
    owners = {row["customer_id"] for row in (*told.values(), *there.values()) if row["customer_id"] is not None}
    locks.take(db, shop_id, "customers", owners)
    kept = _kept(db, shop_id, owners)
    locks.take(db, shop_id, "customers", set(kept.values()) - owners)
    changed = {}
    for order_id in told.keys() | there.keys():
        row = dict(told.get(order_id) or there[order_id])
        row["customer_id"] = kept.get(row["customer_id"], row["customer_id"])
        row |= _counted(row, refunded.get(order_id, 0))
        if row != there.get(order_id):
            changed[order_id] = {"shop_id": shop_id, "order_id": order_id, **row}
    put_all(db, orders, list(changed.values()))
    _keep_lines(db, shop_id, [newest[order_id] for order_id in told], replaced=told.keys() & there.keys())
    before = (there[order_id]["customer_id"] for order_id in changed if order_id in there)
    after = (row["customer_id"] for row in changed.values())
    return {kept.get(one, one) for one in (*before, *after) if one is not None}


def purchases(
    db: Connection, shop_id: int, *, customer_ids: Collection[str] | None = None, until: datetime | None = None
) -> Purchases:
    """The valid orders of all or some customers, up to and including ``until``."""
    given: dict[str, Any] = {"shop": shop_id, "until": FOREVER if until is None else to_micros(until)}
    if customer_ids is not None:
        given["wanted"] = listed(db, customer_ids)
    rows = bare(db.execute(_purchases(db.dialect.name, all_of_them=customer_ids is None), given))
    return Purchases(*map(list, zip(*rows, strict=True))) if rows else Purchases([], [], [], [])


def latest(db: Connection, shop_id: int, customer_ids: Collection[str]) -> dict[str, str]:
    """The newest valid order of each of these customers that has one."""
    found = db.execute(LATEST[db.dialect.name], {"shop": shop_id, "wanted": listed(db, customer_ids)})
    return {who: newest for who, newest in bare(found) if newest is not None}


def get(db: Connection, shop_id: int, order_id: str) -> StoredOrder | None:
    """The order of this id."""
    return next(iter(with_codes(db, shop_id, [order_id])), None)


def with_codes(
    db: Connection, shop_id: int, order_ids: Collection[str], *, without_any: bool = True
) -> list[StoredOrder]:
    """These orders with the codes used on them, by id; those on which none was used are left out unless wanted."""
    found = []
    for row in db.execute(_shown(db.dialect.name, without_any), {"shop": shop_id, "wanted": listed(db, order_ids)}):
        values = row._asdict()
        values["codes"] = tuple(CodeFact(code=code, discount_minor=minor) for code, minor in values["codes"])
        found.append(StoredOrder(**values))
    return found


def count(db: Connection, shop_id: int) -> int:
    """All orders of the shop, valid or not."""
    return int(db.execute(select(func.count()).select_from(orders).where(orders.c.shop_id == shop_id)).scalar_one())


def hold(db: Connection, shop_id: int) -> None:
    """Until the transaction ends, no other takes in facts of this shop: for a measurement of everyone."""
    locks.take(db, shop_id, "orders")
    locks.take(db, shop_id, "customers")


@cache
def _purchases(dialect: str, *, all_of_them: bool) -> Select[Any]:
    # instants stay numbers: this is the one reading that may be of millions
    at = type_coerce(orders.c.ordered_at, BigInteger)
    some = () if all_of_them else (among_later(dialect, orders.c.customer_id, "wanted"),)
    # the sum keeps SQLite from the index by time, for that by customer has the rows in this order already
    mine = (VALID, orders.c.customer_id.is_not(None), at + 0 <= bindparam("until", type_=BigInteger), *some)
    return select(orders.c.customer_id, at, orders.c.net_minor, orders.c.order_id).where(*mine).order_by(*OLDEST_FIRST)


@cache
def _shown(dialect: str, without_any: bool) -> Select[Any]:
    some = () if without_any else (orders.c.codes != literal_column("'[]'"),)
    wanted = among_later(dialect, orders.c.order_id, "wanted")
    return select(*SHOWN).where(MINE, wanted, *some).order_by(orders.c.order_id)


@cache
def _told_before(dialect: str) -> Select[Any]:
    columns = (orders.c[name] for name in (*TOLD, "net_minor", "valid"))
    return select(orders.c.order_id, *columns).where(MINE, among_later(dialect, orders.c.order_id, "wanted"))


@cache
def _sums(dialect: str) -> Select[Any]:
    mine = (refunds.c.shop_id == SHOP, among_later(dialect, refunds.c.order_id, "wanted"))
    return select(refunds.c.order_id, func.sum(refunds.c.amount_minor)).where(*mine).group_by(refunds.c.order_id)


@cache
def _merged(dialect: str) -> Select[Any]:
    wanted = among_later(dialect, customers.c.customer_id, "wanted")
    statement = select(customers.c.customer_id, customers.c.merged_into)
    return statement.where(customers.c.shop_id == SHOP, customers.c.merged_into.is_not(None), wanted)


def _larger(new: Insert) -> ColumnElement[bool]:
    return tuple_(*(new.excluded[name] for name in OF_REFUNDS)) > tuple_(*(refunds.c[name] for name in OF_REFUNDS))


def _newest(told: Iterable[OrderFact]) -> dict[str, OrderFact]:
    newest: dict[str, OrderFact] = {}
    for fact in told:
        other = newest.get(fact.order_id)
        if other is None or (fact.updated_at, _rank(fact)) > (other.updated_at, _rank(other)):
            newest[fact.order_id] = fact
    return newest


def _rank(fact: OrderFact) -> str:
    lines = sorted(map(OF_LINE, fact.lines))
    moments = (fact.ordered_at, fact.cancelled_at)
    told = [fact.customer_id, *(None if one is None else to_micros(one) for one in moments), fact.test, fact.currency]
    whole = [*told, fact.gross_minor, fact.current_minor, _codes(fact), lines]
    further = f"{int(fact.cancelled_at is not None)}{int(not fact.paid)}"
    if (place := (fact.channel, fact.country)) != (None, None):
        # above any digit: a telling that knows where wins over one of before that was asked, so that a past read again fills it in
        further, whole = further + KNOWS_WHERE, [*whole, *place]
    return further + sha256(to_text_quickly(whole).encode()).hexdigest()


def _told(fact: OrderFact) -> dict[str, Any]:
    return dict(zip(AS_THEY_ARE, OF_FACT(fact), strict=True), rank=_rank(fact), codes=_codes(fact))


def _codes(fact: OrderFact) -> list[list[Any]]:
    return [[code.code, code.discount_minor] for code in fact.codes]


def _newer(row: dict[str, Any], other: dict[str, Any]) -> bool:
    return bool((row["updated_at"], row["rank"]) > (other["updated_at"], other["rank"]))


def _rows(db: Connection, shop_id: int, order_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    found = db.execute(_told_before(db.dialect.name), {"shop": shop_id, "wanted": listed(db, order_ids)})
    rows = (row._asdict() for row in found)
    return {row.pop("order_id"): row for row in rows}


def _keep_refunds(db: Connection, shop_id: int, told: Sequence[RefundFact]) -> None:
    largest: dict[tuple[str, str], dict[str, Any]] = {}
    for row in sorted(map(msgspec.structs.asdict, told), key=itemgetter(*OF_REFUNDS)):
        largest[row["order_id"], row["refund_id"]] = {"shop_id": shop_id, **row}
    put_all(db, refunds, list(largest.values()), guard=_larger)


def _refunded(db: Connection, shop_id: int, order_ids: Collection[str]) -> dict[str, int]:
    found = db.execute(_sums(db.dialect.name), {"shop": shop_id, "wanted": listed(db, order_ids)})
    return {order_id: int(minor) for order_id, minor in found}


def _kept(db: Connection, shop_id: int, customer_ids: Collection[str]) -> dict[str, str]:
    return dict(db.execute(_merged(db.dialect.name), {"shop": shop_id, "wanted": listed(db, customer_ids)}).all())


def _counted(row: dict[str, Any], refunded: int) -> dict[str, Any]:
    net = max(0, min(row["current_minor"], max(row["gross_minor"], row["current_minor"]) - refunded))
    valid = not row["test"] and row["cancelled_at"] is None and row["paid"] and net > 0
    return {"net_minor": net, "valid": valid}


def _keep_lines(db: Connection, shop_id: int, told: Sequence[OrderFact], *, replaced: Collection[str]) -> None:
    if replaced:
        mine = (order_lines.c.shop_id == shop_id, among(db, order_lines.c.order_id, replaced))
        db.execute(delete(order_lines).where(*mine))
    rows = {
        (fact.order_id, line.line_id): (
            shop_id, fact.order_id, line.line_id, line.product_id, line.variant_id, line.quantity, line.total_minor,
            int(line.gift_card),
        )
        for fact in told
        for line in fact.lines
    }  # fmt: skip
    # in the order of the keys, so that two writers never wait for each other in a circle; none is there: those of orders
    # that are told anew are gone, a line without its order cannot be, and nobody else takes these orders in
    add(db, order_lines, OF_LINES, [rows[key] for key in sorted(rows)])
