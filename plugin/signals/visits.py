"""Each customer's purchases boiled down to the few numbers that every model works from.

A visit is a day on the shop's calendar with at least one order; gaps are days between visits. Everything here is
whole-number arithmetic or a sum over one customer's own gaps, so a customer alone gives the same as among all.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Floats, Ints
from plugin.signals.days import DAY, local_days
from plugin.signals.history import PurchaseHistory, seen

#: days that ``spend_365d`` looks back
YEAR = 365
#: days back that visits are counted in
RECENT = (30, 90, 180, YEAR)
_SHIFT = 32
_LOW = (1 << _SHIFT) - 1
# Logarithms of whole days come from one table, so that they are the same to the last bit wherever they are taken.
_LOGS = np.log(np.maximum(np.arange(1 << 16), 1).astype(np.float64))


@dataclass(frozen=True, slots=True, kw_only=True)
class Visits:
    """One position per customer with an order by ``as_of``, in the order of their codes."""

    #: seconds since 1970-01-01 UTC, and the shop's calendar day of it
    as_of: int
    today: int
    #: position in the history's ``customer_ids``
    customer: Ints
    order_count: Ints
    first_at: Ints
    last_at: Ints
    first_day: Ints
    last_day: Ints
    #: minor units
    spend_total: Ints
    spend_365d: Ints
    #: days with an order, less one
    gap_count: Ints
    #: log days; 0 where there is none
    first_gap: Floats
    second_gap: Floats
    #: sum of the log gaps from the third on
    later_gaps: Floats
    #: sum of the squares of all log gaps
    squared_gaps: Floats
    #: log days of the newest gap; 0 where there is none
    last_gap: Floats
    #: days; NaN below two gaps
    median_gap: Floats
    #: visits within the last 30, 90, 180 and 365 days
    recent_30: Ints
    recent_90: Ints
    recent_180: Ints
    recent_365: Ints
    #: all gaps in whole days, by customer and time, and the position of each one's first
    gaps: Ints
    gap_starts: Ints

    @property
    def last(self) -> Floats:
        """Days from the first visit to the last."""
        return (self.last_day - self.first_day).astype(np.float64)

    @property
    def age(self) -> Floats:
        """Days since the first visit, as the models take it."""
        return self.tenure.astype(np.float64)

    @property
    def log_gaps(self) -> Floats:
        """The sum of all log gaps."""
        return self.first_gap + self.second_gap + self.later_gaps

    @property
    def silence(self) -> Ints:
        """Days since the last visit."""
        return self.today - self.last_day

    @property
    def tenure(self) -> Ints:
        """Days since the first visit."""
        return self.today - self.first_day


def boil_down(history: PurchaseHistory, as_of: int) -> Visits:
    """What each customer had done by ``as_of`` (seconds UTC, inclusive); later orders are not seen."""
    past = seen(history, as_of)
    today = int(local_days(np.array([as_of], np.int64), past.timezone)[0])
    starts = _starts(past.customer)
    ends = np.append(starts[1:], past.customer.size)[: starts.size] - 1
    visit_day, visit_starts = _visits(past, starts)
    visit_counts = np.diff(np.append(visit_starts, visit_day.size))
    gaps, gap_counts = _gaps(visit_day, visit_starts, visit_counts)
    gap_starts = np.cumsum(gap_counts) - gap_counts
    logs = log_days(gaps)
    first, second = (_nth(logs, gap_starts, gap_counts, n) for n in (0, 1))
    year_ago = np.where(past.day > today - YEAR, past.value, 0)
    return Visits(
        as_of=as_of, today=today, customer=past.customer[starts], order_count=ends - starts + 1,
        first_at=past.at[starts], last_at=past.at[ends],
        first_day=visit_day[visit_starts], last_day=visit_day[visit_starts + visit_counts - 1],
        spend_total=_sums(past.value, starts), spend_365d=_sums(year_ago, starts),
        gap_count=gap_counts, first_gap=first, second_gap=second,
        later_gaps=_tail_sums(logs, gap_starts, gap_counts, since=2), squared_gaps=_tail_sums(logs**2, gap_starts, gap_counts, since=0),
        last_gap=_nth(logs, gap_starts, gap_counts, -1), median_gap=_medians(gaps, gap_starts, gap_counts),
        **{f"recent_{days}": _sums((visit_day > today - days).astype(np.int64), visit_starts) for days in RECENT},
        gaps=gaps, gap_starts=gap_starts,
    )  # fmt: skip


def log_days(days: Ints) -> Floats:
    """Natural logarithms of whole days; less than one counts as one, more than 179 years as that."""
    logs: Floats = _LOGS[np.clip(days, 1, _LOGS.size - 1)]
    return logs


def _starts(customer: Ints) -> Ints:
    """Where each customer's run begins in a sorted column."""
    if customer.size == 0:
        return np.zeros(0, np.int64)
    return np.flatnonzero(np.append(True, customer[1:] != customer[:-1]))


def _sums(values: Ints, starts: Ints) -> Ints:
    return np.add.reduceat(values, starts) if starts.size else starts.copy()


def _visits(past: PurchaseHistory, starts: Ints) -> tuple[Ints, Ints]:
    """The distinct days of each customer, ascending, and where each customer's begin."""
    base = int(past.day.min()) if past.day.size else 0
    packed = (past.customer << _SHIFT) | (past.day - base)
    if (packed[1:] < packed[:-1]).any():  # clocks set back over midnight
        packed = np.sort(packed)
    distinct = np.append(True, packed[1:] != packed[:-1])[: packed.size]
    if distinct.all():
        return past.day if packed.size == 0 else (packed & _LOW) + base, starts
    kept = packed[distinct]
    return (kept & _LOW) + base, _starts(kept >> _SHIFT)


def _gaps(visit_day: Ints, visit_starts: Ints, visit_counts: Ints) -> tuple[Ints, Ints]:
    """Days between neighbouring visits of the same customer, and how many each has."""
    inner = np.ones(visit_day.size, np.bool_)
    inner[visit_starts] = False
    steps = np.diff(visit_day, prepend=visit_day[:1])
    return steps[inner], visit_counts - 1


def _nth(logs: Floats, starts: Ints, counts: Ints, n: int) -> Floats:
    """The n-th of each customer's log gaps (-1: the last), 0 where there is none."""
    out = np.zeros(starts.size)
    has = counts > max(n, 0)
    place = starts[has] + (n if n >= 0 else counts[has] - 1)
    out[has] = logs[place]
    return out


def _tail_sums(logs: Floats, starts: Ints, counts: Ints, *, since: int) -> Floats:
    """The sum over each customer's gaps without the first ``since``, added up in the order of time."""
    owner = np.repeat(np.arange(starts.size), counts)
    later = np.arange(logs.size) - np.repeat(starts, counts) >= since
    return np.bincount(owner[later], weights=logs[later], minlength=starts.size).astype(np.float64)


def _medians(gaps: Ints, starts: Ints, counts: Ints) -> Floats:
    owner = np.repeat(np.arange(starts.size, dtype=np.int64), counts)
    ranked = np.sort((owner << _SHIFT) | gaps) & _LOW
    out = np.full(starts.size, np.nan)
    has = counts >= 2
    low = ranked[starts[has] + (counts[has] - 1) // 2]
    high = ranked[starts[has] + counts[has] // 2]
    out[has] = (low + high) / 2
    return out


def instants_after(last_at: Ints, days: Floats) -> Ints:
    """The instants that many days after, to the second, in seconds UTC."""
    return last_at + np.rint(days * DAY).astype(np.int64)
