"""Learns from cut-offs whose outcome is known: a regression for each horizon, and trees on top of it.

The outcome within 90 days is known of cut-offs of 90 days ago and more; what came within 60 or 30 days of newer ones is
known, too, and what sets customers apart there is nearly the same. So the regression of a horizon is the mean of its own
and of the shorter ones, each weighing as much as its days: slopes from more and newer cut-offs vary less.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from plugin.signals import logistic, trees
from plugin.signals.arrays import Bools, Floats
from plugin.signals.logistic import Slopes
from plugin.signals.past import Snapshot
from plugin.signals.trees import Trees

#: cut-offs learnt from
LESSONS = 10
#: customers who came, and who did not, below which nothing is learnt
FEWEST_EACH = 50
#: horizons of at least so much of a horizon's days speak for it
NEAR = 1 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A cut-off with its customers' numbers (customers x features): the regression's, and the trees' beside them."""

    snapshot: Snapshot
    table: Floats
    more: Floats

    def came(self, days: int) -> Bools:
        """Who came within so many days."""
        return self.snapshot.came(days)


def closed(lessons: Sequence[Lesson], days: int, *, ago: int = 0) -> list[Lesson]:
    """The newest cut-offs whose outcome was known so many days ``ago``; none where they are too few to learn from."""
    known = [one for one in lessons if one.snapshot.known - ago >= days][:LESSONS]
    return known if enough([one.came(days) for one in known]) else []


def enough(came: Sequence[Bools]) -> bool:
    """Enough of either outcome to learn from."""
    good = sum(int(np.count_nonzero(one)) for one in came)
    return good >= FEWEST_EACH and sum(one.size for one in came) - good >= FEWEST_EACH


def near(days: int, horizons: Sequence[int]) -> list[int]:
    """The horizons that speak for ``days``, its own the last."""
    return [one for one in horizons if days * NEAR <= one <= days]


def regressions(
    lessons: Sequence[Lesson], horizons: Sequence[int], *, ago: int = 0, fewest: int = 1, most: int | None = None
) -> dict[int, Slopes]:
    """Each horizon's own regression, where so many cut-offs are enough to learn from; from at most so many rows of each."""
    found = {}
    for days in horizons:
        known = closed(lessons, days, ago=ago)
        if len(known) >= max(fewest, 1):
            steps = [1 if most is None else max(1, len(one.table) // most) for one in known]
            rows = list(zip(known, steps, strict=True))
            found[days] = logistic.fit(
                [one.table[::step] for one, step in rows], [one.came(days)[::step] for one, step in rows]
            )
    return found


def pooled(own: Mapping[int, Slopes], days: int, columns: Sequence[Floats]) -> Slopes:
    """The regression for ``days``: the mean with those near it, at the level that gives these customers its own mean chance."""
    these = [(one, own[one]) for one in near(days, sorted(own))]
    total = sum(one for one, _ in these)
    level = sum(one * slopes.level for one, slopes in these) / total
    weights = tuple(
        sum(one * slopes.weights[place] for one, slopes in these) / total for place in range(len(own[days].weights))
    )
    mean = float(logistic.chance(logistic.log_odds(own[days], columns)).mean())
    shift = logistic.shift_to(logistic.log_odds(Slopes(level=level, weights=weights), columns), mean)
    return Slopes(level=level + shift, weights=weights)


def grow(lessons: Sequence[Lesson], own: Mapping[int, Slopes], days: int, *, ago: int = 0) -> Trees:
    """Trees on top of the regressions near ``days``, grown on what is known of each of these horizons."""
    known = [(horizon, closed(lessons, horizon, ago=ago)) for horizon in near(days, sorted(own))]
    rows = sum(len(one.table) for _, those in known for one in those)
    step, at = max(1, rows // trees.MOST), 0
    tables, outcomes, weights, starts = [], [], [], []
    for horizon, those in known:
        for back, one in enumerate(those):
            came, odds = one.came(horizon), logistic.log_odds(own[horizon], columns_of(one.table))
            # every cut-off at its own level, so that trees do not learn the season
            odds += logistic.shift_to(odds, float(came.mean()))
            some = slice(-at % step, None, step)
            tables.append(np.hstack([one.table[some], one.more[some]]))
            outcomes.append(came[some])
            weights.append(np.full(outcomes[-1].size, logistic.FADE**back * horizon / days))
            starts.append(odds[some])
            at += came.size
    return trees.grow(np.concatenate(tables), np.concatenate(outcomes), np.concatenate(weights), np.concatenate(starts))


def columns_of(table: Floats) -> list[Floats]:
    """The columns of a table, each in one piece."""
    return [np.ascontiguousarray(column) for column in table.T]
