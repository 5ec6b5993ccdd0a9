"""How customers were measured, as a sitting of decisions asks it: as the tables have it, or as measured a moment ago.

What was measured a moment ago is written once, with the next look at each customer, when the sitting is over.
"""

# the protocol says what the methods are given and do
# ruff: noqa: D102

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import Connection

from storage import customers, orders, snapshots
from storage.columns import to_micros, to_moment
from storage.snapshots import Brief

Columns = Mapping[str, Sequence[Any]]
INSTANTS = frozenset({"last_order_at", "late_at", "lapsing_at", "lost_at", "first_order_at"})


class Measured(Protocol):
    """What decisions are made from, and what they change of it."""

    def briefs(self, ids: Collection[str]) -> Mapping[str, Brief]:
        """What was measured of these customers; no key for one who was not."""

    def newest(self, ids: Collection[str]) -> Mapping[str, str]:
        """The newest valid order of each that has one."""

    def left_out(self, ids: Collection[str]) -> Collection[str]:
        """Those who must get no offers."""

    def keep_tiers(self, tiers: Mapping[str, str]) -> None:
        """Says which tier each of these holds."""

    def plan_checks(self, checks: Mapping[str, datetime | None]) -> None:
        """Says when to look at each of these again; None: not before they are measured anew."""


class Kept:
    """As the tables have it; what changes is written at once."""

    def __init__(self, db: Connection, shop_id: int) -> None:
        self._db, self._shop_id = db, shop_id

    def briefs(self, ids: Collection[str]) -> Mapping[str, Brief]:
        return snapshots.brief(self._db, self._shop_id, ids)

    def newest(self, ids: Collection[str]) -> Mapping[str, str]:
        return orders.latest(self._db, self._shop_id, ids)

    def left_out(self, ids: Collection[str]) -> Collection[str]:
        return customers.left_out(self._db, self._shop_id, ids)

    def keep_tiers(self, tiers: Mapping[str, str]) -> None:
        snapshots.keep_tiers(self._db, self._shop_id, tiers)

    def plan_checks(self, checks: Mapping[str, datetime | None]) -> None:
        snapshots.plan_checks(self._db, self._shop_id, checks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fresh:
    """As measured a moment ago, in memory until ``write``."""

    #: of the snapshots' table, without ``next_check_at``; instants in microseconds since 1970
    columns: Columns
    #: by customer, as of the measurement
    orders: Mapping[str, str]
    barred: frozenset[str]
    #: customers of whom no valid order is left, or who wish not to be measured
    gone: frozenset[str]
    tiers: dict[str, str] = field(default_factory=dict)
    checks: dict[str, datetime | None] = field(default_factory=dict)

    def briefs(self, ids: Collection[str]) -> Mapping[str, Brief]:
        told = (
            map(to_moment, self.columns[name]) if name in INSTANTS else self.columns[name] for name in Brief._fields
        )
        wanted = frozenset(ids)
        return {row[0]: Brief(*row) for row in zip(*told, strict=True) if row[0] in wanted}

    def newest(self, ids: Collection[str]) -> Mapping[str, str]:
        return {who: self.orders[who] for who in ids if who in self.orders}

    def left_out(self, ids: Collection[str]) -> Collection[str]:
        return self.barred & frozenset(ids)

    def keep_tiers(self, tiers: Mapping[str, str]) -> None:
        self.tiers.update(tiers)

    def plan_checks(self, checks: Mapping[str, datetime | None]) -> None:
        self.checks.update(checks)

    def write(self, db: Connection, shop_id: int) -> None:
        """Writes all of it; a newer measurement stays, and its customer is looked at when the decisions say."""
        columns, who = dict(self.columns), self.columns["customer_id"]
        if self.tiers:
            columns["tier"] = [self.tiers.get(one, tier) for one, tier in zip(who, columns["tier"], strict=True)]
        if self.checks:
            planned = (self.checks[one] for one in who)
            columns["next_check_at"] = [None if at is None else to_micros(at) for at in planned]
        if not snapshots.keep_columns(db, shop_id, columns):
            snapshots.plan_checks(db, shop_id, self.checks)
        if self.gone:
            snapshots.forget(db, shop_id, self.gone)
