"""Pages of long lists for people who look: customers and offers, filtered, sorted, counted. Only reads.

A page begins after (or ends before) a row that was seen, named by the values it is sorted by: rows that come or go
meanwhile neither repeat nor skip one, and page 1,000 costs what page 1 does.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar

from sqlalchemy import BigInteger, ColumnElement, Connection, Row, Select, case, func, select, tuple_, type_coerce

from storage import decisions, offers, orders, snapshots
from storage.decisions import StoredDecision
from storage.offers import Offer
from storage.orders import StoredOrder
from storage.snapshots import Snapshot
from storage.tables import decisions as decided
from storage.tables import offers as made
from storage.tables import orders as placed
from storage.tables import snapshots as measured
from storage.upserts import among

Item = TypeVar("Item")
Where = list[ColumnElement[bool]]
LATENESS = ("on_time", "late", "lapsing", "lost")
#: sort of customers -> how many values name a row's place in it
SORTS = {"lateness": 3, "spend": 2, "last_order": 2}
OFFER_VALUES = 2
#: how sort values are called beside a row's columns
KEY = "sort_key_"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """Which customers; None asks for nothing. Spend is minor units of the last 365 days, ``spend_below`` excluded."""

    group: str | None = None
    spend_from: int | None = None
    spend_below: int | None = None
    #: as last reckoned
    tier: str | None = None
    #: one of LATENESS, at the instant of the question
    lateness: str | None = None
    r: int | None = None
    #: the mean of frequency and money, halves up
    value: int | None = None
    #: what the customer's id begins with
    begins: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFilter:
    """Which offers; an empty collection or None asks for nothing."""

    states: Collection[str] = ()
    kind: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page lies: after the row with these sort values, or ``backwards`` before it."""

    keys: tuple[Any, ...]
    backwards: bool = False


@dataclass(frozen=True, slots=True)
class Part(Generic[Item]):
    """The asked items, and how many there are in all."""

    items: list[Item]
    count: int
    #: sort values of the first and the last item; empty without items
    first: tuple[Any, ...] = ()
    last: tuple[Any, ...] = ()
    #: whether there is something before, and after them
    before: bool = False
    after: bool = False


def customers(
    db: Connection, shop_id: int, asked: CustomerFilter, *, sort: str, now: datetime, limit: int,
    place: Place | None = None,
) -> Part[Snapshot]:  # fmt: skip
    """Measured customers. ``lateness``: those late first, who became so last on top; then who will be late soonest.

    The values of a place are whole numbers and the customer's id: lateness has two numbers, the other sorts have one.
    """
    where = [measured.c.shop_id == shop_id, *_customers_where(asked, now)]
    keys = [*_customer_order(sort, now), measured.c.customer_id]
    rows = _page(db, select(*snapshots.COLUMNS).where(*where), keys, limit=limit, place=place)
    count = _count(db, select(func.count()).select_from(measured).where(*where))
    return _part([Snapshot(**_told(row)) for row in rows.found], rows, count)


def offers_made(
    db: Connection, shop_id: int, asked: OfferFilter, *, limit: int, place: Place | None = None
) -> Part[Offer]:
    """Offers, the newest first. The values of a place are the instant in microseconds and the offer's id."""
    where: Where = [made.c.shop_id == shop_id]
    if asked.states:
        where.append(among(db, made.c.state, asked.states))
    where += [made.c[name] == value for name in ("kind", "step") if (value := getattr(asked, name)) is not None]
    keys: list[ColumnElement[Any]] = [type_coerce(made.c.created_at, BigInteger), made.c.offer_id]
    rows = _page(db, select(*offers.COLUMNS).where(*where), keys, limit=limit, place=place, newest_first=True)
    count = _count(db, select(func.count()).select_from(made).where(*where))
    return _part([Offer(**_told(row)) for row in rows.found], rows, count)


def decisions_on(db: Connection, shop_id: int, customer_ids: Collection[str]) -> dict[str, StoredDecision]:
    """The last decision on each of these customers; no key for one who has none."""
    mine = (decided.c.shop_id == shop_id, among(db, decided.c.customer_id, customer_ids))
    rows = db.execute(select(*decisions.COLUMNS).where(*mine))
    return {row.customer_id: StoredDecision(**row._asdict()) for row in rows}


def orders_of(db: Connection, shop_id: int, customer_id: str, *, limit: int) -> list[StoredOrder]:
    """A customer's orders, the newest first, valid or not; test orders are left out."""
    mine = (placed.c.shop_id == shop_id, placed.c.customer_id == customer_id)
    newest = select(placed.c.order_id).where(*mine).order_by(placed.c.ordered_at.desc(), placed.c.order_id.desc())
    ids = list(db.execute(newest.limit(limit)).scalars())
    found = [order for order in orders.with_codes(db, shop_id, ids) if not order.test]
    return sorted(found, key=lambda order: (order.ordered_at, order.order_id), reverse=True)


def _customers_where(asked: CustomerFilter, now: datetime) -> Where:
    exact: dict[str, Any] = {"group": asked.group, "r": asked.r}
    where: Where = [measured.c[name] == value for name, value in exact.items() if value is not None]
    if asked.tier is not None:
        where.append(measured.c.tier == asked.tier)
    if asked.spend_from is not None:
        where.append(measured.c.spend_365d_minor >= asked.spend_from)
    if asked.spend_below is not None:
        where.append(measured.c.spend_365d_minor < asked.spend_below)
    if asked.value is not None:
        where.append(measured.c.f + measured.c.m >= 2 * asked.value - 1)
        where.append(measured.c.f + measured.c.m <= 2 * asked.value)
    if asked.begins:
        where.append(measured.c.customer_id >= asked.begins)
        where.append(func.substr(measured.c.customer_id, 1, len(asked.begins)) == asked.begins)
    if asked.lateness is not None:
        where += _lateness_where(asked.lateness, now)
    return where


def _lateness_where(name: str, now: datetime) -> Where:
    """Past the instant at which this state begins, not past the next one's."""
    begins = (None, measured.c.late_at, measured.c.lapsing_at, measured.c.lost_at, None)
    place = LATENESS.index(name)
    since, until = begins[place], begins[place + 1]
    where: Where = [measured.c.late_at.is_not(None)]
    if since is not None:
        where.append(since <= now)
    if until is not None:
        where.append(until > now)
    return where


def _customer_order(sort: str, now: datetime) -> list[ColumnElement[Any]]:
    """Whole numbers, the smallest first."""
    if sort == "spend":
        return [-measured.c.spend_365d_minor]
    if sort == "last_order":
        return [-type_coerce(measured.c.last_order_at, BigInteger)]
    late, since = measured.c.late_at <= now, type_coerce(measured.c.late_at, BigInteger)
    turn = case((late, 0), (measured.c.late_at > now, 1), else_=2)
    return [turn, case((late, -since), (measured.c.late_at > now, since), else_=0)]


class _Rows(NamedTuple):
    """Rows in the order of the list, with one more in the direction of reading where there is one."""

    found: list[Row[Any]]
    keys: int
    before: bool
    after: bool


def _page(
    db: Connection, statement: Select[Any], keys: Sequence[ColumnElement[Any]], *, limit: int, place: Place | None,
    newest_first: bool = False,
) -> _Rows:  # fmt: skip
    backwards = place is not None and place.backwards
    if place is not None:
        here, seen = tuple_(*keys), tuple_(*place.keys)
        statement = statement.where(here > seen if newest_first == backwards else here < seen)
    order = [key.desc() if newest_first != backwards else key for key in keys]
    named = [key.label(f"{KEY}{number}") for number, key in enumerate(keys)]
    found = list(db.execute(statement.add_columns(*named).order_by(*order).limit(limit + 1)))
    more, found = len(found) > limit, found[:limit]
    if backwards:
        return _Rows(found[::-1], len(keys), before=more, after=True)
    return _Rows(found, len(keys), before=place is not None, after=more)


def _told(row: Row[Any]) -> dict[str, Any]:
    """A row's own columns."""
    return {name: value for name, value in row._asdict().items() if not name.startswith(KEY)}


def _part(items: list[Item], rows: _Rows, count: int) -> Part[Item]:
    first, last = ((tuple(row)[-rows.keys :]) for row in (rows.found[0], rows.found[-1])) if items else ((), ())
    return Part(items, count, first, last, before=rows.before, after=rows.after)


def _count(db: Connection, counting: Select[Any]) -> int:
    return int(db.execute(counting).scalar_one())
