"""Customers as last measured: one row each, and the instant at which time alone could change what is decided."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from functools import cache
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, bindparam, case, delete, func, select, text, update

from storage.columns import to_micros, to_text
from storage.tables import snapshots
from storage.upserts import among, among_later, bare, listed, plain, send

AT_ONCE = 1000
MINE = snapshots.c.shop_id == bindparam("shop")
DUE = (
    select(snapshots.c.customer_id)
    .where(MINE, snapshots.c.next_check_at <= bindparam("now", type_=snapshots.c.next_check_at.type))
    .order_by(snapshots.c.next_check_at, snapshots.c.customer_id)
    .limit(bindparam("most"))
)
PLAN = "UPDATE snapshots SET next_check_at = ? WHERE shop_id = ? AND customer_id = ?"

PLAN_MANY = text(
    "UPDATE snapshots SET next_check_at = told.at FROM json_to_recordset(CAST(:told AS json)) AS told (who text, at bigint) "
    "WHERE snapshots.shop_id = :shop AND snapshots.customer_id = told.who"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """One customer as measured at ``as_of``. Money is minor units; None stands for what cannot be said."""

    customer_id: str
    as_of: datetime
    order_count: int
    first_order_at: datetime
    last_order_at: datetime
    spend_total_minor: int
    spend_365d_minor: int
    recency_days: int
    tenure_days: int
    r: int
    f: int
    m: int
    group: str
    median_gap_days: float | None
    usual_gap_days: float | None
    gap_trend: str | None
    expected_next_order_at: datetime | None
    lateness: str | None
    late_at: datetime | None
    lapsing_at: datetime | None
    lost_at: datetime | None
    p_order_90d: float | None
    predicted_spend_365d_minor: int | None
    tier: str | None
    next_check_at: datetime | None


class Brief(NamedTuple):
    """What a decision asks about one customer; each as in Snapshot."""

    customer_id: str
    order_count: int
    last_order_at: datetime
    spend_365d_minor: int
    usual_gap_days: float | None
    lateness: str | None
    late_at: datetime | None
    lapsing_at: datetime | None
    lost_at: datetime | None
    group: str
    first_order_at: datetime
    tier: str | None


TIER = update(snapshots).where(MINE, snapshots.c.customer_id == bindparam("who")).values(tier=bindparam("new_tier"))
COLUMNS = tuple(snapshots.c[field.name] for field in fields(Snapshot))
KEYS = ("shop_id", "customer_id")


def keep_many(db: Connection, shop_id: int, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keeps measurements, replacing older ones; all rows name the same columns, those not named stay as they were."""
    if rows:
        keep_columns(db, shop_id, {name: [_bare(row[name]) for row in rows] for name in rows[0]})


def keep_columns(db: Connection, shop_id: int, columns: Mapping[str, Sequence[Any]]) -> bool:
    """Keeps measurements given column by column, instants in microseconds since 1970; a newer measurement stays.

    Answers whether all were kept. A night writes every customer of a shop: the driver gets the values as they are,
    without a look at each.
    """
    names = ("shop_id", "customer_id", *sorted(columns.keys() - {"customer_id"}))
    rows = list(zip(repeat(shop_id, len(columns["customer_id"])), *(columns[name] for name in names[1:]), strict=True))
    if not rows:
        return True
    # in the order of the keys, so that two writers never wait for each other in a circle; mostly they are already
    rows.sort(key=itemgetter(1))
    statement = plain(db.dialect.name, snapshots, names, KEYS, only_if="excluded.as_of >= snapshots.as_of")
    return send(db, statement, names, rows) == len(rows)


def forget(db: Connection, shop_id: int, customer_ids: Collection[str]) -> None:
    """Removes the measurements of those who have no purchases any more."""
    gone = among(db, snapshots.c.customer_id, customer_ids)
    db.execute(delete(snapshots).where(snapshots.c.shop_id == shop_id, gone))


def get(db: Connection, shop_id: int, customer_id: str) -> Snapshot | None:
    """The last measurement of a customer."""
    return some(db, shop_id, [customer_id]).get(customer_id)


def some(db: Connection, shop_id: int, customer_ids: Collection[str]) -> dict[str, Snapshot]:
    """The last measurements of these customers; no key for one who has none."""
    found = db.execute(_some(db.dialect.name), {"shop": shop_id, "wanted": listed(db, customer_ids)})
    return {row.customer_id: _snapshot(row) for row in found}


def brief(db: Connection, shop_id: int, customer_ids: Collection[str]) -> dict[str, Brief]:
    """``some`` with what a decision asks about, and no more."""
    found = db.execute(_brief(db.dialect.name), {"shop": shop_id, "wanted": listed(db, customer_ids)})
    return {row[0]: Brief(*row) for row in found}


def every(db: Connection, shop_id: int) -> Iterator[Snapshot]:
    """All measurements by customer id, without holding them all in memory."""
    statement = select(*COLUMNS).where(snapshots.c.shop_id == shop_id).order_by(snapshots.c.customer_id)
    return (_snapshot(row) for row in db.execute(statement.execution_options(yield_per=AT_ONCE)))


def ids(db: Connection, shop_id: int) -> set[str]:
    """The customers who have a measurement."""
    # in this order the index of the key alone answers
    statement = select(snapshots.c.customer_id).where(MINE).order_by(snapshots.c.customer_id)
    return set(chain.from_iterable(bare(db.execute(statement, {"shop": shop_id}))))


def due(db: Connection, shop_id: int, now: datetime, limit: int) -> list[str]:
    """Customers for whom the passing of time may have changed what is decided, the longest overdue first."""
    return list(db.execute(DUE, {"shop": shop_id, "now": now, "most": limit}).scalars())


def keep_tiers(db: Connection, shop_id: int, tiers: Mapping[str, str]) -> None:
    """Says which tier each of these customers holds; nothing else changes."""
    rows = [{"shop": shop_id, "who": who, "new_tier": tiers[who]} for who in sorted(tiers)]
    if rows:
        db.execute(TIER, rows)


def plan_checks(db: Connection, shop_id: int, checks: Mapping[str, datetime | None]) -> None:
    """Says when to look at each of these customers again; None: not before they are measured anew."""
    if not checks:
        return
    rows = [(_bare(checks[who]), shop_id, who) for who in sorted(checks)]
    if db.dialect.name == "postgresql":
        # one statement and one message, where each row would have needed its own
        told = [{"who": who, "at": at} for at, _, who in rows]
        db.execute(PLAN_MANY, {"shop": shop_id, "told": to_text(told)})
    else:
        db.exec_driver_sql(PLAN, rows)


def plan_all(db: Connection, shop_id: int, at: datetime) -> None:
    """Has everyone looked at again at an instant: the rules have changed."""
    db.execute(update(snapshots).where(snapshots.c.shop_id == shop_id).values(next_check_at=at))


def group_counts(db: Connection, shop_id: int) -> dict[str, int]:
    """How many customers are in each group that occurs."""
    statement = select(snapshots.c.group, func.count()).where(snapshots.c.shop_id == shop_id)
    return dict(db.execute(statement.group_by(snapshots.c.group)).all())


def score_counts(db: Connection, shop_id: int) -> dict[tuple[int, int, int], int]:
    """How many customers have each (r, f, m) that occurs."""
    scores = (snapshots.c.r, snapshots.c.f, snapshots.c.m)
    statement = select(*scores, func.count()).where(snapshots.c.shop_id == shop_id).group_by(*scores)
    return {(r, f, m): number for r, f, m, number in db.execute(statement)}


def returning(db: Connection, shop_id: int) -> int:
    """How many customers ordered at least twice."""
    statement = select(func.count()).where(snapshots.c.shop_id == shop_id, snapshots.c.order_count >= 2)
    return int(db.execute(statement).scalar_one())


def lateness_counts(db: Connection, shop_id: int, now: datetime) -> dict[str, int]:
    """How many customers are on_time, late, lapsing and lost at an instant, by the thresholds last measured.

    Those without thresholds are not counted.
    """
    standing = case(
        (snapshots.c.lost_at <= now, "lost"),
        (snapshots.c.lapsing_at <= now, "lapsing"),
        (snapshots.c.late_at <= now, "late"),
        else_="on_time",
    ).label("standing")
    known = (snapshots.c.shop_id == shop_id, snapshots.c.late_at.is_not(None))
    each = select(snapshots.c.shop_id, standing).where(*known).subquery()
    return dict(db.execute(select(each.c.standing, func.count()).group_by(each.c.standing)).all())


def spends(db: Connection, shop_id: int) -> list[int]:
    """What every customer spent in the 365 days before being measured, minor units, ascending."""
    statement = select(snapshots.c.spend_365d_minor).where(snapshots.c.shop_id == shop_id)
    return list(db.execute(statement.order_by(snapshots.c.spend_365d_minor)).scalars())


@cache
def _brief(dialect: str) -> Select[Any]:
    columns = (snapshots.c[name] for name in Brief._fields)
    return select(*columns).where(MINE, among_later(dialect, snapshots.c.customer_id, "wanted"))


@cache
def _some(dialect: str) -> Select[Any]:
    return select(*COLUMNS).where(MINE, among_later(dialect, snapshots.c.customer_id, "wanted"))


def _bare(value: Any) -> Any:
    return to_micros(value) if isinstance(value, datetime) else value


def _snapshot(row: Row[Any]) -> Snapshot:
    return Snapshot(**row._asdict())
