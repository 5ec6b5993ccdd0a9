"""What was known when: orders as they stood when they were taken in, each night's model, and when time was looked at.

Append-only, so that a replay of the past sees on each day what was known on that day and nothing else.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Connection,
    bindparam,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    type_coerce,
    update,
)
from sqlalchemy.sql.dml import Insert

from storage.columns import YES, to_micros
from storage.tables import budget_entries, known_models, known_orders, orders, redemptions, watches
from storage.upserts import among_later, bare, listed, put_all

#: a look at the clock is written down this often at most
OFTEN = timedelta(minutes=1)
#: a longer pause ends a watch
PAUSE = timedelta(minutes=5)
MINE = orders.c.shop_id == bindparam("shop")
BEFORE = bindparam("before", type_=watches.c.until.type)
AGED = (known_orders.c.at, known_models.c.at, watches.c.until)
PRUNE = tuple(delete(one.table).where(one.table.c.shop_id == bindparam("shop"), one < BEFORE) for one in AGED)
LAST_WATCH = (
    select(watches.c.since, watches.c.until)
    .where(watches.c.shop_id == bindparam("shop"))
    .order_by(watches.c.since.desc())
    .limit(1)
)


class KnownOrder(NamedTuple):
    """An order as it stood when a batch was taken in; instants in microseconds since 1970, 0 minor units: no order."""

    sitting: int
    at: int
    order_id: str
    customer_id: str
    ordered_at: int
    net_minor: int


class KnownModel(NamedTuple):
    """The store-wide numbers in force from an instant on."""

    at: datetime
    #: all customers were measured with it at that instant
    everyone: bool
    model: dict[str, Any]


def tell(
    db: Connection, shop_id: int, *, order_ids: Collection[str], customer_ids: Collection[str], now: datetime
) -> None:
    """Keeps how these orders of these customers stand, as one sitting; call it where they are decided about."""
    given = {"shop": shop_id, "ids": listed(db, order_ids), "people": listed(db, customer_ids), "now": to_micros(now)}
    db.execute(_tell(db.dialect.name), given)


def told(db: Connection, shop_id: int, *, customer_ids: Collection[str] | None = None) -> list[KnownOrder]:
    """All that was kept by ``tell`` about some customers or all, in its order."""
    given: dict[str, Any] = {"shop": shop_id}
    if customer_ids is not None:
        given["people"] = listed(db, customer_ids)
    return [KnownOrder(*row) for row in bare(db.execute(_told(db.dialect.name, customer_ids is None), given))]


def placed(
    db: Connection, shop_id: int, *, customer_ids: Collection[str] | None = None
) -> list[tuple[str, str, int, int]]:
    """The valid orders of some customers or all: customer, order, instant in microseconds, net in minor units."""
    given: dict[str, Any] = {"shop": shop_id}
    if customer_ids is not None:
        given["people"] = listed(db, customer_ids)
    return list(map(tuple, bare(db.execute(_placed(db.dialect.name, customer_ids is None), given))))


def released(db: Connection, shop_id: int) -> dict[str, int]:
    """When the money of an offer was given back, in microseconds, by offer id."""
    columns = (budget_entries.c.offer_id, type_coerce(budget_entries.c.at, BigInteger))
    mine = (budget_entries.c.shop_id == shop_id, budget_entries.c.kind == "release")
    found = db.execute(select(*columns).where(*mine, budget_entries.c.offer_id.is_not(None)))
    return dict(map(tuple, bare(found)))


def uses(db: Connection, shop_id: int) -> dict[str, dict[str, int]]:
    """What offers took off orders, minor units, by offer id and order id; uses that were taken back, too."""
    columns = (redemptions.c.offer_id, redemptions.c.order_id, redemptions.c.discount_minor)
    found: dict[str, dict[str, int]] = {}
    for offer_id, order_id, discount in bare(db.execute(select(*columns).where(redemptions.c.shop_id == shop_id))):
        found.setdefault(offer_id, {})[order_id] = discount
    return found


def keep_model(db: Connection, shop_id: int, model: dict[str, Any], *, at: datetime, everyone: bool) -> None:
    """Keeps the store-wide numbers that are in force from now on."""
    put_all(db, known_models, [{"shop_id": shop_id, "at": at, "everyone": everyone, "model": model}])


def models(db: Connection, shop_id: int) -> list[KnownModel]:
    """All that was kept by ``keep_model``, the oldest first."""
    columns = (known_models.c.at, known_models.c.everyone, known_models.c.model)
    found = db.execute(select(*columns).where(known_models.c.shop_id == shop_id).order_by(known_models.c.at))
    return [KnownModel(*row) for row in found]


def unwatched(db: Connection, shop_id: int, now: datetime) -> bool:
    """Whether it is time to write down again that somebody looks at the clock."""
    last = db.execute(LAST_WATCH, {"shop": shop_id}).one_or_none()
    return last is None or now - last.until >= OFTEN


def watch(db: Connection, shop_id: int, now: datetime) -> None:
    """Writes down that the passing of time was looked at now."""
    last = db.execute(LAST_WATCH, {"shop": shop_id}).one_or_none()
    if last is not None and now - last.until < PAUSE:
        mine = (watches.c.shop_id == shop_id, watches.c.since == last.since, watches.c.until < now)
        db.execute(update(watches).where(*mine).values(until=now))
    else:
        put_all(db, watches, [{"shop_id": shop_id, "since": now, "until": now}])


def watched(db: Connection, shop_id: int) -> list[tuple[int, int]]:
    """The times during which the clock was looked at, the oldest first; microseconds since 1970."""
    columns = (type_coerce(watches.c.since, BigInteger), type_coerce(watches.c.until, BigInteger))
    statement = select(*columns).where(watches.c.shop_id == shop_id).order_by(watches.c.since)
    return [(since, until) for since, until in bare(db.execute(statement))]


def prune(db: Connection, shop_id: int, before: datetime) -> None:
    """Forgets what was known so long ago that no replay asks for it."""
    for statement in PRUNE:
        db.execute(statement, {"shop": shop_id, "before": before})


@cache
def _tell(dialect: str) -> Insert:
    last = select(func.coalesce(func.max(known_orders.c.sitting), 0) + 1).where(
        known_orders.c.shop_id == bindparam("shop")
    )
    stands = select(
        orders.c.shop_id,
        last.scalar_subquery(),
        orders.c.order_id,
        bindparam("now", type_=BigInteger),
        orders.c.customer_id,
        orders.c.ordered_at,
        case((orders.c.valid == YES, orders.c.net_minor), else_=literal(0, BigInteger)),
    ).where(
        MINE,
        among_later(dialect, orders.c.order_id, "ids"),
        among_later(dialect, orders.c.customer_id, "people"),
    )
    names = ("shop_id", "sitting", "order_id", "at", "customer_id", "ordered_at", "net_minor")
    return insert(known_orders).from_select(names, stands)


@cache
def _told(dialect: str, all_of_them: bool) -> Any:
    instants = {"at", "ordered_at"}
    columns = (
        type_coerce(known_orders.c[name], BigInteger) if name in instants else known_orders.c[name]
        for name in KnownOrder._fields
    )
    some = () if all_of_them else (among_later(dialect, known_orders.c.customer_id, "people"),)
    statement = select(*columns).where(known_orders.c.shop_id == bindparam("shop"), *some)
    return statement.order_by(known_orders.c.sitting, known_orders.c.order_id)


@cache
def _placed(dialect: str, all_of_them: bool) -> Any:
    at = type_coerce(orders.c.ordered_at, BigInteger)
    some = () if all_of_them else (among_later(dialect, orders.c.customer_id, "people"),)
    mine = (MINE, orders.c.valid == YES, orders.c.customer_id.is_not(None), *some)
    return select(orders.c.customer_id, orders.c.order_id, at, orders.c.net_minor).where(*mine)
