"""What was known of each customer's orders, and from when on: the only view of the past that a replay has."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, islice, pairwise, repeat
from typing import NamedTuple

import numpy as np

from plugin.signals import groups, rfm
from plugin.signals.arrays import Ints
from plugin.signals.days import local_days
from plugin.signals.history import MICROS, PurchaseHistory
from plugin.signals.rfm import RfmCuts
from plugin.signals.visits import YEAR, Visits, boil_down
from plugin.usecases.backtest.plain import Plain

#: days that never come
NEVER = 2**62


class Telling(NamedTuple):
    """An order as it became known; instants in microseconds since 1970, ``net`` in minor units, 0: no order (any more)."""

    at: int
    #: number of the batch it was taken in with; 0: by itself
    sitting: int
    order_id: str
    ordered_at: int
    net: int
    #: the customer was decided about at once
    looked: bool = True


class Version(NamedTuple):
    """A customer's valid orders from the moment they were known so, until the next version."""

    customer: int
    at: int
    sitting: int
    looked: bool
    #: the orders: positions in the rows
    start: int
    end: int
    #: newest order
    last_id: str
    #: what was told, as (order id, net)
    told: tuple[tuple[str, int], ...]


@dataclass(slots=True)
class Versions:
    """All versions, customer by customer, each customer's by time; and the orders that they point into."""

    timezone: str
    all: list[Version] = field(default_factory=list)
    #: position of each customer's first version, and one past the last
    starts: list[int] = field(default_factory=list)
    #: seconds since 1970, by row
    at: list[int] = field(default_factory=list)
    #: minor units, added up from the first row on: what rows i to j are worth is ``sums[j] - sums[i]``
    sums: list[int] = field(default_factory=lambda: [0])
    #: days since 1970 on the shop's calendar, by row
    days: list[int] = field(default_factory=list)

    def known(self, customer: int, at: int) -> int:
        """The position of the version in force at an instant; -1 before the first."""
        first, last = self.starts[customer], self.starts[customer + 1]
        place = bisect_right(self.all, at, first, last, key=lambda version: version.at) - 1
        return place if place >= first else -1

    def in_force(self, at: int) -> list[int]:
        """``known`` of every customer."""
        found = []
        for customer, (first, last) in enumerate(pairwise(self.starts)):
            if first == last or self.all[first].at > at:
                found.append(-1)
            elif first + 1 == last or self.all[first + 1].at > at:
                found.append(first)
            else:
                found.append(self.known(customer, at))
        return found

    def count(self, version: int) -> int:
        """How many orders."""
        return self.all[version].end - self.all[version].start

    def last_at(self, version: int) -> int:
        """When the newest order was placed, in seconds."""
        return self.at[self.all[version].end - 1]

    def value(self, version: int) -> int:
        """What the newest order is worth, minor units."""
        end = self.all[version].end
        return self.sums[end] - self.sums[end - 1]

    def spend_365d(self, version: int, today: int) -> int:
        """Net spend of the 365 days that end with a day of the shop's calendar, as the signals reckon it."""
        one = self.all[version]
        return self.sums[one.end] - self.sums[bisect_left(self.days, today - YEAR + 1, one.start, one.end)]

    def spend_until(self, version: int, today: int) -> tuple[int, int]:
        """``spend_365d``, and the day on which it is another, nothing new being bought."""
        one = self.all[version]
        first = bisect_left(self.days, today - YEAR + 1, one.start, one.end)
        return self.days[first] + YEAR if first < one.end else NEVER, self.sums[one.end] - self.sums[first]

    def rows(self, version: int) -> tuple[Sequence[int], Sequence[int]]:
        """When its orders were placed, in seconds, and what each is worth."""
        one = self.all[version]
        sums = self.sums[one.start : one.end + 1]
        return self.at[one.start : one.end], [after - before for before, after in pairwise(sums)]

    def group(self, version: int, cuts: RfmCuts) -> str:
        """The group, by the store's cuts."""
        one = self.all[version]
        last_day, count = self.days[one.end - 1], one.end - one.start
        scores = {
            name: rfm.score(np.array([value], np.int64), by)
            for name, value, by in (
                ("r", last_day, cuts.recency),
                ("f", count, cuts.frequency),
                ("m", self.sums[one.end] - self.sums[one.start], cuts.monetary),
            )
        }
        return str(groups.group(order_count=np.array([count], np.int64), **scores)[0])

    def visits(self) -> Visits:
        """Every version boiled down as if it were a customer of its own; versions without orders are left out.

        ``customer`` is the position of the version.
        """
        starts = np.array([one.start for one in self.all], np.int64)
        sizes = np.array([one.end for one in self.all], np.int64) - starts
        rows = np.repeat(starts - (np.cumsum(sizes) - sizes), sizes) + np.arange(int(sizes.sum()))
        at, sums = np.array(self.at, np.int64), np.array(self.sums, np.int64)
        history = PurchaseHistory(
            customer_ids=(),
            customer=np.repeat(np.arange(sizes.size), sizes),
            at=at[rows],
            day=np.array(self.days, np.int64)[rows],
            value=(sums[1:] - sums[:-1])[rows],
            timezone=self.timezone,
        )
        return boil_down(history, int(at.max(initial=0)))


def build(
    customers: Sequence[str],
    tellings: Mapping[str, Sequence[Telling]],
    *,
    timezone: str,
    since: int,
    plain: Plain | None = None,
) -> Versions:
    """The versions of these customers that are in force at ``since`` (microseconds) or become so later.

    ``plain`` are those of customers of whom ``tellings`` says nothing.
    """
    found = Versions(timezone=timezone)
    counts = {} if plain is None else dict(zip(plain.customers, _sizes(plain.starts), strict=True))
    ready = iter(()) if plain is None else _ready(found, plain)
    for place, customer_id in enumerate(customers):
        found.starts.append(len(found.all))
        if count := counts.get(place):
            found.all += islice(ready, count)
        elif told := tellings.get(customer_id):
            _Line(found, place, since).follow(told)
    found.starts.append(len(found.all))
    found.days = _days(found.at, timezone).tolist()
    return found


def _sizes(starts: Sequence[int]) -> Iterator[int]:
    return (after - before for before, after in pairwise(starts))


def _ready(into: Versions, plain: Plain) -> Iterator[Version]:
    """The orders of those whose past is plain come first; their versions, which point at them."""
    into.at += (plain.placed_at // MICROS).tolist()
    into.sums = list(accumulate(plain.net.tolist(), initial=0))
    columns = (plain.looked, plain.start, plain.end, plain.last_id, plain.told)
    return map(Version, plain.customer, plain.at, repeat(0), *columns)


@dataclass(slots=True)
class _Line:
    """One customer's orders, told one after the other."""

    into: Versions
    customer: int
    since: int
    #: order id -> (ordered at, worth), valid or not
    orders: dict[str, tuple[int, int]] = field(default_factory=dict)
    #: newest row, as (ordered at, order id)
    newest: tuple[int, str] = (-1, "")
    start: int = 0

    def follow(self, tellings: Sequence[Telling]) -> None:
        self.start = len(self.into.at)
        first = len(self.into.all)
        for told in _together(tellings):
            self._take_in(told)
            version = self._version(told)
            if version.at <= self.since and len(self.into.all) > first:
                self.into.all[-1] = version
            else:
                self.into.all.append(version)

    def _take_in(self, told: Sequence[Telling]) -> None:
        for one in sorted(told, key=lambda one: (one.ordered_at, one.order_id)):
            before = self.orders.get(one.order_id)
            self.orders[one.order_id] = (one.ordered_at, one.net)
            if one.net == (before[1] if before else 0):
                continue
            if before is None and (one.ordered_at, one.order_id) > self.newest:
                self._append(one.order_id, one.ordered_at, one.net)
            else:
                self._anew()

    def _append(self, order_id: str, ordered_at: int, net: int) -> None:
        self.into.at.append(ordered_at // MICROS)
        self.into.sums.append(self.into.sums[-1] + net)
        self.newest = (ordered_at, order_id)

    def _anew(self) -> None:
        """An order came late, changed or went: earlier versions keep their rows."""
        self.start, self.newest = len(self.into.at), (-1, "")
        for order_id, (ordered_at, net) in sorted(self.orders.items(), key=lambda each: (each[1][0], each[0])):
            if net > 0:
                self._append(order_id, ordered_at, net)

    def _version(self, told: Sequence[Telling]) -> Version:
        return Version(
            customer=self.customer,
            at=told[0].at,
            sitting=told[0].sitting,
            looked=any(one.looked for one in told),
            start=self.start,
            end=len(self.into.at),
            last_id=self.newest[1],
            told=tuple((one.order_id, one.net) for one in told),
        )


def _together(tellings: Sequence[Telling]) -> Iterator[Sequence[Telling]]:
    """By the moments and batches in which they became known, in that order."""
    ordered = sorted(tellings, key=lambda one: (one.at, one.sitting))
    start = 0
    for place in range(1, len(ordered) + 1):
        if place == len(ordered) or ordered[place][:2] != ordered[start][:2]:
            yield ordered[start:place]
            start = place


def _days(at: Sequence[int], timezone: str) -> Ints:
    return local_days(np.array(at, np.int64), timezone)
