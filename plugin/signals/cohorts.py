"""Customers by the month or quarter of their first order, and what became of them; incomplete cells stay empty.

A customer's k-th period is the k-th calendar period after that of the first order. A cell is known only once its period
has ended for the whole cohort; until then it is NaN, not zero.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Floats, Ints
from plugin.signals.days import local_days
from plugin.signals.history import PurchaseHistory, seen
from plugin.signals.visits import Visits

EPOCH_MONTHS = 1970 * 12


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohorts:
    """One row per cohort that has customers, one column per period since the first order."""

    #: first day of the cohort's period, ISO 8601
    names: tuple[str, ...]
    sizes: Ints
    #: share of the cohort with an order in that period; NaN where the period is not over
    active: Floats
    #: spend up to the end of that period, per customer of the cohort, minor units; NaN likewise
    value: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """From visit n to the next."""

    visit: int
    #: customers whose n-th visit is at least ``within`` days old
    reached: int
    #: share of them who came again within that time; NaN without any
    came_again: float
    #: quartiles of the completed gaps, days; NaN without any
    gap_quartiles: tuple[float, float, float]


def cohorts(history: PurchaseHistory, as_of: int, *, months: int = 1) -> Cohorts:
    """Cohorts by periods of so many calendar months (1, 3 or 12), as of an instant (seconds UTC, inclusive)."""
    past = seen(history, as_of)
    if past.at.size == 0:
        nothing = np.zeros((0, 0))
        return Cohorts(names=(), sizes=np.zeros(0, np.int64), active=nothing, value=nothing)
    period = _periods(past.day, months)
    starts = np.flatnonzero(np.append(True, past.customer[1:] != past.customer[:-1]))
    birth = np.minimum.reduceat(period, starts)
    owner = np.repeat(np.arange(starts.size), np.diff(np.append(starts, past.at.size)))
    last = int(_periods(np.array([_today(past, as_of)]), months)[0])
    first, age = int(birth.min()), period - birth[owner]
    # an order of long ago is a row of its own; the months between without a cohort are none
    born = np.bincount(birth - first)
    there = np.flatnonzero(born)
    row = np.searchsorted(there, birth - first)
    shape = (there.size, last - first + 1)
    who, when = _cells(owner, age, shape[1])
    active = _table(row[who], when, np.ones(who.size), shape)
    value = np.cumsum(_table(row[owner], age, past.value, shape), axis=1)
    sizes = born[there]
    over = np.add.outer(there, np.arange(shape[1])) < shape[1] - 1
    return Cohorts(
        names=tuple(_name(first + place, months) for place in there.tolist()), sizes=sizes,
        active=np.where(over, active / sizes[:, None], np.nan), value=np.where(over, value / sizes[:, None], np.nan),
    )  # fmt: skip


def steps(visits: Visits, *, within: int, most: int = 10) -> list[Step]:
    """How many come from each visit to the next within so many days, counting only those who had the time."""
    owner = np.repeat(np.arange(visits.gap_count.size), visits.gap_count)
    number = np.arange(owner.size) - visits.gap_starts[owner]
    since_first = np.cumsum(visits.gaps) - visits.gaps
    if owner.size:
        # else nobody has come back yet
        since_first -= since_first[np.minimum(visits.gap_starts, max(visits.gaps.size - 1, 0))][owner]
    watched = visits.tenure[owner] - since_first
    found = []
    for n in range(most):
        here = number == n
        still = (visits.gap_count == n) & (visits.silence >= within)
        reached = int(np.count_nonzero(here & (watched >= within))) + int(np.count_nonzero(still))
        if not reached:
            break
        again = int(np.count_nonzero(here & (watched >= within) & (visits.gaps <= within)))
        gaps = visits.gaps[here]
        quartiles = np.percentile(gaps, (25, 50, 75)).tolist() if gaps.size else [float("nan")] * 3
        found.append(Step(visit=n + 1, reached=reached, came_again=again / reached, gap_quartiles=tuple(quartiles)))
    return found


def _cells(owner: Ints, age: Ints, ages: int) -> tuple[Ints, Ints]:
    """Customer and period of each pair that has an order, once."""
    cell = owner * ages + age
    if (cell[1:] < cell[:-1]).any():  # clocks set back over midnight of the first of a month
        cell = np.sort(cell)
    kept = cell[np.append(True, cell[1:] != cell[:-1])]
    return kept // ages, kept % ages


def _table(row: Ints, column: Ints, what: Ints | Floats, shape: tuple[int, int]) -> Floats:
    """Sums by row and column."""
    sums = np.bincount(row * shape[1] + column, weights=what, minlength=shape[0] * shape[1])
    table: Floats = sums.astype(np.float64).reshape(shape)
    return table


def _periods(day: Ints, months: int) -> Ints:
    """Number of the calendar period since 1970."""
    since: Ints = day.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (since + EPOCH_MONTHS) // months - EPOCH_MONTHS // months


def _name(period: int, months: int) -> str:
    first = (period + EPOCH_MONTHS // months) * months - EPOCH_MONTHS
    return str(np.datetime64(first, "M").astype("datetime64[D]"))


def _today(past: PurchaseHistory, as_of: int) -> int:
    return int(local_days(np.array([as_of], np.int64), past.timezone)[0])
