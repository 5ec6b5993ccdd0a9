"""Figures of a shop over several tables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Connection, Select, Text, and_, func, select, type_coerce

from storage.claims import WAITING
from storage.columns import YES
from storage.tables import customers, inbox, offers, order_lines, orders, redemptions

AT_ONCE = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Overview:
    """A shop in numbers at ``as_of``; money in minor units."""

    as_of: datetime
    #: with at least one valid order
    customers: int
    #: valid ones
    orders: int
    #: of the valid orders, net
    revenue_minor: int
    #: kind -> state -> how many
    offers: dict[str, dict[str, int]]
    redeemed: int
    held_out: int
    #: what redeemed offers took off
    cost_minor: int
    #: deliveries not yet worked on
    waiting: int
    #: deliveries that could not be understood
    aside: int
    oldest_waiting: datetime | None


def overview(db: Connection, shop_id: int, now: datetime) -> Overview:
    """The figures of the merchant's first page; orders up to ``now``."""
    sums = (func.count(orders.c.customer_id.distinct()), func.count(), func.coalesce(func.sum(orders.c.net_minor), 0))
    seen = (orders.c.shop_id == shop_id, orders.c.valid == YES, orders.c.ordered_at <= now)
    customers, valid, revenue = db.execute(select(*sums).where(*seen)).one()
    by_kind, cost = _offers(db, shop_id)
    mine = inbox.c.shop_id == shop_id
    waiting, oldest = db.execute(
        select(func.count(), func.min(inbox.c.received_at)).where(mine, inbox.c.state == WAITING)
    ).one()
    aside = db.execute(select(func.count()).select_from(inbox).where(mine, inbox.c.state == "set_aside")).scalar_one()
    return Overview(
        as_of=now,
        customers=customers,
        orders=valid,
        revenue_minor=int(revenue),
        offers=by_kind,
        redeemed=sum(states.get("redeemed", 0) for states in by_kind.values()),
        held_out=sum(states.get("held_out", 0) for states in by_kind.values()),
        cost_minor=cost,
        waiting=waiting,
        aside=aside,
        oldest_waiting=oldest,
    )


def _offers(db: Connection, shop_id: int) -> tuple[dict[str, dict[str, int]], int]:
    figures = (offers.c.kind, offers.c.state, func.count(), func.sum(offers.c.cost_minor))
    grouped = select(*figures).where(offers.c.shop_id == shop_id).group_by(offers.c.kind, offers.c.state)
    by_kind: dict[str, dict[str, int]] = {}
    cost = 0
    for kind, state, number, minor in db.execute(grouped.order_by(offers.c.kind, offers.c.state)):
        by_kind.setdefault(kind, {})[state] = number
        cost += int(minor)
    return by_kind, cost


class Eligible(NamedTuple):
    """An offer made, or kept back for the control group: its customer was eligible then."""

    #: at the end of all merges
    customer_id: str
    kind: str
    #: of the rules by which it was decided
    program_version: int
    held_out: bool
    created_at: datetime


class Use(NamedTuple):
    """An order on which an offer's discount counts. Money in minor units."""

    customer_id: str | None
    kind: str
    order_id: str
    ordered_at: datetime
    discount_minor: int
    #: of the order, what is left after edits and refunds
    net_minor: int


class Basket(NamedTuple):
    """A valid order of a known customer, with what it was made of where the store told."""

    customer_id: str
    order_id: str
    #: microseconds since 1970
    at_micros: int
    #: a code was used
    discounted: bool
    #: None where the store did not tell
    channel: str | None
    country: str | None


def baskets(db: Connection, shop_id: int, until: datetime) -> Iterator[Basket]:
    """The valid orders of known customers up to ``until``, by customer and time; never all of them in memory."""
    at = type_coerce(orders.c.ordered_at, BigInteger)
    used = type_coerce(orders.c.codes, Text) != "[]"
    mine = (orders.c.shop_id == shop_id, orders.c.valid == YES, orders.c.customer_id.is_not(None))
    found = select(orders.c.customer_id, orders.c.order_id, at, used, orders.c.channel, orders.c.country)
    found = found.where(*mine, orders.c.ordered_at <= until).order_by(
        orders.c.customer_id, orders.c.ordered_at, orders.c.order_id
    )
    rows = _streamed(db, found)
    return (Basket(who, order_id, at, had == 1, channel, country) for who, order_id, at, had, channel, country in rows)


def bought(db: Connection, shop_id: int, until: datetime) -> Iterator[tuple[str, int, str, int]]:
    """Customer, instant in microseconds, product and what was paid for it: lines of valid orders, gift cards left out."""
    at = type_coerce(orders.c.ordered_at, BigInteger)
    same = and_(orders.c.shop_id == order_lines.c.shop_id, orders.c.order_id == order_lines.c.order_id)
    mine = (orders.c.shop_id == shop_id, orders.c.valid == YES, orders.c.customer_id.is_not(None))
    told = (order_lines.c.product_id.is_not(None), order_lines.c.gift_card != YES, orders.c.ordered_at <= until)
    found = select(orders.c.customer_id, at, order_lines.c.product_id, order_lines.c.total_minor)
    found = found.join(order_lines, same).where(*mine, *told)
    return _streamed(db, found.order_by(orders.c.customer_id, orders.c.ordered_at))


def _streamed(db: Connection, statement: Select[Any]) -> Iterator[Any]:
    """The driver's own rows, for columns that need no translation, a portion at a time."""
    # SQLite gives rows as they are asked for; a server sends all of them unless a cursor is kept there
    server = db.dialect.name == "postgresql"
    options = {"stream_results": True, "max_row_buffer": AT_ONCE} if server else {}
    found = db.execute(statement, execution_options=options)
    source: Any = found if server else found.cursor
    while source is not None and (rows := source.fetchmany(AT_ONCE)):
        yield from rows
    found.close()


def eligible(db: Connection, shop_id: int, until: datetime) -> list[Eligible]:
    """All offers made and kept back up to ``until``, oldest first."""
    same = and_(customers.c.shop_id == offers.c.shop_id, customers.c.customer_id == offers.c.customer_id)
    who = func.coalesce(customers.c.merged_into, offers.c.customer_id)
    columns = (who, offers.c.kind, offers.c.program_version, offers.c.state == "held_out", offers.c.created_at)
    found = select(*columns).join(customers, same, isouter=True)
    mine = (offers.c.shop_id == shop_id, offers.c.created_at <= until)
    rows = db.execute(found.where(*mine).order_by(offers.c.created_at, offers.c.offer_id))
    return [Eligible(who, kind, version, bool(held_out), at) for who, kind, version, held_out, at in rows]


def uses(db: Connection, shop_id: int, until: datetime) -> list[Use]:
    """The orders up to ``until`` that used an offer and still count, oldest first."""
    ordered = and_(orders.c.shop_id == redemptions.c.shop_id, orders.c.order_id == redemptions.c.order_id)
    offered = and_(offers.c.shop_id == redemptions.c.shop_id, offers.c.offer_id == redemptions.c.offer_id)
    columns = (
        orders.c.customer_id, offers.c.kind, redemptions.c.order_id, redemptions.c.ordered_at,
        redemptions.c.discount_minor, orders.c.net_minor,
    )  # fmt: skip
    found = select(*columns).select_from(redemptions).join(orders, ordered).join(offers, offered)
    mine = (redemptions.c.shop_id == shop_id, redemptions.c.reversed != YES, redemptions.c.ordered_at <= until)
    return [
        Use(*row) for row in db.execute(found.where(*mine).order_by(redemptions.c.ordered_at, redemptions.c.order_id))
    ]
