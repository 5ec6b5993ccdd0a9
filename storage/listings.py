"""Pages of long lists for people who look: customers and offers, filtered, sorted, counted. Only reads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from sqlalchemy import ColumnElement, Connection, Select, case, func, select

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
SORTS = ("lateness", "spend", "last_order")


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerFilter:
    """Which customers; None asks for nothing. Spend is minor units of the last 365 days, ``spend_below`` excluded."""

    group: str | None = None
    spend_from: int | None = None
    spend_below: int | None = None
    #: one of LATENESS, at the instant of the question
    lateness: str | None = None
    r: int | None = None
    #: the mean of frequency and money, halves up
    value: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferFilter:
    """Which offers; an empty collection or None asks for nothing."""

    states: Collection[str] = ()
    kind: str | None = None
    step: str | None = None


@dataclass(frozen=True, slots=True)
class Part(Generic[Item]):
    """The asked items, and how many there are in all."""

    items: list[Item]
    count: int


def customers(
    db: Connection, shop_id: int, asked: CustomerFilter, *, sort: str, now: datetime, limit: int, offset: int
) -> Part[Snapshot]:
    """Measured customers. ``lateness``: those late first, who became so last on top; then who will be late soonest."""
    where = [measured.c.shop_id == shop_id, *_customers_where(asked, now)]
    found = select(*snapshots.COLUMNS).where(*where).order_by(*_customer_order(sort, now), measured.c.customer_id)
    rows = db.execute(found.limit(limit).offset(offset))
    return Part([Snapshot(**row._asdict()) for row in rows], _count(db, select(func.count()).where(*where)))


def offers_made(db: Connection, shop_id: int, asked: OfferFilter, *, limit: int, offset: int) -> Part[Offer]:
    """Offers, the newest first."""
    where: Where = [made.c.shop_id == shop_id]
    if asked.states:
        where.append(among(db, made.c.state, asked.states))
    where += [made.c[name] == value for name in ("kind", "step") if (value := getattr(asked, name)) is not None]
    found = select(*offers.COLUMNS).where(*where).order_by(made.c.created_at.desc(), made.c.offer_id.desc())
    rows = db.execute(found.limit(limit).offset(offset))
    return Part([Offer(**row._asdict()) for row in rows], _count(db, select(func.count()).where(*where)))


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
    if asked.spend_from is not None:
        where.append(measured.c.spend_365d_minor >= asked.spend_from)
    if asked.spend_below is not None:
        where.append(measured.c.spend_365d_minor < asked.spend_below)
    if asked.value is not None:
        where.append(measured.c.f + measured.c.m >= 2 * asked.value - 1)
        where.append(measured.c.f + measured.c.m <= 2 * asked.value)
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


def _customer_order(sort: str, now: datetime) -> list[Any]:
    if sort == "spend":
        return [measured.c.spend_365d_minor.desc()]
    if sort == "last_order":
        return [measured.c.last_order_at.desc()]
    late = measured.c.late_at <= now
    turn = case((late, 0), (measured.c.late_at > now, 1), else_=2)
    return [turn, case((late, measured.c.late_at)).desc(), measured.c.late_at]


def _count(db: Connection, counting: Select[Any]) -> int:
    return int(db.execute(counting).scalar_one())
