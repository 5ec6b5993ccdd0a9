"""What a first page asks at each look: counts over one shop, each answered by one pass over an index or one table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection, case, func, select

from storage.claims import WAITING
from storage.tables import budgets, inbox, offers, orders, snapshots
from storage.tables.rewards import GIVES

#: what may have become of an offer that was given
GIVEN = ("issued", "redeemed", "expired", "revoked")


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Measured customers, counted."""

    count: int
    #: ordered at least twice
    returning: int
    #: (r, f, m) -> customers
    scores: Mapping[tuple[int, int, int], int]
    groups: Mapping[str, int]
    #: on_time, late, lapsing, lost at the instant asked about; who has no thresholds is not in it
    lateness: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Offers that began in a span of time."""

    given: int
    #: of these
    redeemed: int
    held_out: int


def people(db: Connection, shop_id: int, now: datetime) -> People:
    """Everyone in one pass, by the thresholds last measured."""
    standing = case(
        (snapshots.c.late_at.is_(None), ""),
        (snapshots.c.lost_at <= now, "lost"),
        (snapshots.c.lapsing_at <= now, "lapsing"),
        (snapshots.c.late_at <= now, "late"),
        else_="on_time",
    )
    again = case((snapshots.c.order_count >= 2, 1), else_=0)
    # a number for each combination, so that the rows are grouped by few and short values
    each = select(
        snapshots.c.r, snapshots.c.f, snapshots.c.m, snapshots.c.group, again.label("again"), standing.label("standing")
    ).where(snapshots.c.shop_id == shop_id)
    found = each.subquery()
    columns = (found.c.r, found.c.f, found.c.m, found.c.group, found.c.again, found.c.standing)
    scores: dict[tuple[int, int, int], int] = {}
    groups: dict[str, int] = {}
    lateness: dict[str, int] = {}
    returning = 0
    for r, f, m, group, came_again, state, count in db.execute(select(*columns, func.count()).group_by(*columns)):
        scores[r, f, m] = scores.get((r, f, m), 0) + count
        groups[group] = groups.get(group, 0) + count
        returning += came_again * count
        if state:
            lateness[state] = lateness.get(state, 0) + count
    return People(
        count=sum(scores.values()), returning=returning, scores=scores, groups=groups, lateness=lateness
    )  # fmt: skip


def due(db: Connection, shop_id: int, *, until: datetime) -> int:
    """Customers who are to be decided about by then because of time alone."""
    mine = (snapshots.c.shop_id == shop_id, snapshots.c.next_check_at <= until)
    return int(db.execute(select(func.count()).where(*mine)).scalar_one())


def offers_by_state(db: Connection, shop_id: int) -> dict[tuple[str, str], int]:
    """(kind, state) -> offers."""
    both = (offers.c.kind, offers.c.state)
    statement = select(*both, func.count()).where(offers.c.shop_id == shop_id).group_by(offers.c.state, offers.c.kind)
    return {(kind, state): count for kind, state, count in db.execute(statement)}


def given(db: Connection, shop_id: int, *, after: datetime, until: datetime) -> Given:
    """What became of the offers decided in (after, until].

    Not of those on their way or refused by the store, nor of reminders, which give nothing that could be redeemed.
    """
    mine = (offers.c.shop_id == shop_id, offers.c.created_at > after, offers.c.created_at <= until, GIVES)
    told = offers.c.state.in_((*GIVEN, "held_out"))
    found = select(offers.c.state, func.count()).where(*mine, told).group_by(offers.c.state)
    counts: dict[str, int] = dict(db.execute(found).all())
    return Given(
        given=sum(counts.get(state, 0) for state in GIVEN), redeemed=counts.get("redeemed", 0),
        held_out=counts.get("held_out", 0),
    )  # fmt: skip


def offers_over_time(db: Connection, shop_id: int, edges: Sequence[datetime]) -> list[tuple[int, int]]:
    """Offers given (no reminders) and offers redeemed in each span from one edge (included) to the next (not)."""
    made, used = _made_per_span(db, shop_id, edges), _used_per_span(db, shop_id, edges)
    return [(count, used.get(place, 0)) for place, count in enumerate(made)]


def months(db: Connection, shop_id: int, since: str) -> list[tuple[str, int, int]]:
    """Month (YYYY-MM), money set aside and money used, from a month on, oldest first."""
    columns = (budgets.c.month, budgets.c.reserved_minor, budgets.c.booked_minor)
    mine = (budgets.c.shop_id == shop_id, budgets.c.month >= since)
    return [tuple(row) for row in db.execute(select(*columns).where(*mine).order_by(budgets.c.month))]


def orders_seen(db: Connection, shop_id: int, most: int) -> int:
    """How many orders there are, counted up to ``most``."""
    some = select(orders.c.order_id).where(orders.c.shop_id == shop_id).limit(most).subquery()
    return int(db.execute(select(func.count()).select_from(some)).scalar_one())


def waiting_since(db: Connection, shop_id: int) -> datetime | None:
    """When the oldest delivery that is not settled came in."""
    mine = (inbox.c.shop_id == shop_id, inbox.c.state == WAITING)
    moment: datetime | None = db.execute(select(func.min(inbox.c.received_at)).where(*mine)).scalar_one()
    return moment


def _made_per_span(db: Connection, shop_id: int, edges: Sequence[datetime]) -> Sequence[int]:
    """Each span is a stretch of the index for each state, so nothing is compared row by row."""
    given = (offers.c.shop_id == shop_id, offers.c.state.in_(GIVEN), GIVES)
    spans = (
        select(func.count()).where(*given, offers.c.created_at >= begin, offers.c.created_at < end).scalar_subquery()
        for begin, end in pairwise(edges)
    )
    return db.execute(select(*spans)).one()


def _used_per_span(db: Connection, shop_id: int, edges: Sequence[datetime]) -> dict[int, int]:
    used = offers.c.redeemed_at
    span = case(*((used < edge, place) for place, edge in enumerate(edges[1:]))).label("span")
    mine = (offers.c.shop_id == shop_id, offers.c.state == "redeemed", used >= edges[0], used < edges[-1])
    each = select(span).where(*mine).subquery()
    return dict(db.execute(select(each.c.span, func.count()).group_by(each.c.span)).all())
