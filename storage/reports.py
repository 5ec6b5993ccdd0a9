"""Figures of a shop over several tables."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, func, select

from storage.claims import WAITING
from storage.columns import YES
from storage.tables import inbox, offers, orders


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
