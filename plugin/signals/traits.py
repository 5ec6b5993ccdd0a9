"""Customers by something about their first order (product, channel, discount), and what became of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Floats, Ints
from plugin.signals.days import local_days
from plugin.signals.history import PurchaseHistory, seen

#: days of a period
PERIOD = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class TraitCohorts:
    """One row per trait that occurs, the most frequent first; one column per period of ``PERIOD`` days since the first order."""

    names: tuple[str, ...]
    sizes: Ints
    #: share of the row's customers, among those whose period is over, with an order in that period; the first period
    #: begins on the day after the first order; NaN where nobody's period is over
    active: Floats
    #: spend from the first order up to the end of that period, per such customer, minor units; NaN likewise
    value: Floats


def by_trait(
    history: PurchaseHistory, names: Sequence[str], trait: Ints, as_of: int, *, periods: int = 12
) -> TraitCohorts:
    """``trait`` is one code of ``names`` for each of the history's customers, -1 where it is not known (left out)."""
    past = seen(history, as_of)
    if not past.at.size:
        nothing = np.zeros((0, periods))
        return TraitCohorts(names=(), sizes=np.zeros(0, np.int64), active=nothing, value=nothing)
    today = int(local_days(np.array([as_of], np.int64), past.timezone)[0])
    starts = np.flatnonzero(np.append(True, past.customer[1:] != past.customer[:-1]))
    owner = np.repeat(np.arange(starts.size), np.diff(np.append(starts, past.at.size)))
    kind, first = trait[past.customer[starts]], past.day[starts]
    since = past.day - first[owner]
    sizes = np.bincount(kind[kind >= 0], minlength=len(names))
    shown = np.lexsort((np.arange(sizes.size), -sizes))[: int(np.count_nonzero(sizes))]
    active, value = np.full((2, len(names), periods), np.nan)
    for period in range(periods):
        end = (period + 1) * PERIOD
        over = (today - first >= end) & (kind >= 0)
        came, spent = np.zeros(starts.size, np.bool_), np.zeros(starts.size, np.int64)
        came[owner[(since > period * PERIOD) & (since <= end)]] = True
        np.add.at(spent, owner[since <= end], past.value[since <= end])
        watched = np.bincount(kind[over], minlength=len(names))
        there = watched > 0
        for cells, what in ((active, came), (value, spent)):
            sums = np.bincount(kind[over], weights=what[over], minlength=len(names))
            cells[there, period] = sums[there] / watched[there]
    return TraitCohorts(
        names=tuple(names[code] for code in shown.tolist()),
        sizes=sizes[shown],
        active=active[shown],
        value=value[shown],
    )
