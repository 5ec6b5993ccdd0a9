"""How long customers of one store take from one visit to the next: a lognormal with a personal mean.

Empirical Bayes, one-way random effects: log gap = mean of its place (first, second, later) + the customer's own
deviation, normal with variance ``between``, + chance, normal with variance ``within`` of its place. See Efron & Morris
(1977) for the shrinkage; the places because coming back the first time is slower than staying.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from plugin.signals.arrays import Floats, Ints
from plugin.signals.visits import Visits, log_days

PLACES = 3
#: what a store without enough gaps of its own is taken to be like (published stores lie between .5 and 1.3, .3 and .6)
TYPICAL_WITHIN = 0.8
TYPICAL_BETWEEN = 0.4
#: the typical store counts like this many gaps, and like this many customers
PRIOR_GAPS = 10.0
PRIOR_CUSTOMERS = 10.0
_ROUNDS = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class GapModel:
    """A store's gap distribution; log days."""

    #: of the first gap, the second, and those after
    means: tuple[float, ...]
    within: tuple[float, ...]
    between: float
    #: how many gaps it rests on
    gaps: int

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {"means": list(self.means), "within": list(self.within), "between": self.between, "gaps": self.gaps}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> GapModel:
        """The model that gave these numbers."""
        return cls(
            means=tuple(plain["means"]), within=tuple(plain["within"]),
            between=plain["between"], gaps=plain["gaps"],
        )  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What is expected of each customer's next gap: a lognormal, log days."""

    mean: Floats
    sd: Floats


def fit(visits: Visits) -> GapModel | None:
    """The store's gap distribution by expectation-maximisation; None while there is no gap at all.

    With few gaps the answer leans on a typical store's spread and on the mean of all gaps together.
    """
    if visits.gaps.size == 0:
        return None
    has = visits.gap_count > 0
    counts, sums = _by_place(visits, has)
    squares = _squares(visits)
    totals = counts.sum(axis=0)
    overall = float(sums.sum() / totals.sum())
    means = (sums.sum(axis=0) + PRIOR_GAPS / 2 * overall) / (totals + PRIOR_GAPS / 2)
    within, between = np.full(PLACES, TYPICAL_WITHIN), TYPICAL_BETWEEN
    for _ in range(_ROUNDS):
        own, spread = _posterior(counts, sums, means=means, within=within, between=between)
        means = ((sums - counts * own[:, None]).sum(axis=0) + PRIOR_GAPS / 2 * overall) / (totals + PRIOR_GAPS / 2)
        centre = means + own[:, None]
        errors = squares - (2 * sums * centre - counts * (centre**2 + spread[:, None])).sum(axis=0)
        within = (errors + PRIOR_GAPS * TYPICAL_WITHIN) / (totals + PRIOR_GAPS)
        between = (float((own**2 + spread).sum()) + PRIOR_CUSTOMERS * TYPICAL_BETWEEN) / (own.size + PRIOR_CUSTOMERS)
    return GapModel(
        means=tuple(means.tolist()), within=tuple(within.tolist()), between=between, gaps=int(visits.gaps.size)
    )


def rhythm(model: GapModel, visits: Visits) -> Rhythm:
    """The predictive distribution of every customer's next gap, given all gaps so far."""
    counts, sums = _by_place(visits, np.ones(visits.gap_count.size, np.bool_))
    return _next(model, counts, sums, place=np.minimum(visits.gap_count, PLACES - 1))


def rhythm_before_last(model: GapModel, visits: Visits) -> Rhythm:
    """The distribution that was to be expected of the newest gap, given the gaps before it."""
    counts, sums = _by_place(visits, np.ones(visits.gap_count.size, np.bool_))
    newest = np.clip(visits.gap_count - 1, 0, PLACES - 1)
    rows = np.flatnonzero(visits.gap_count > 0)
    counts[rows, newest[rows]] -= 1
    sums[rows, newest[rows]] -= visits.last_gap[rows]
    return _next(model, counts, sums, place=newest)


def _by_place(visits: Visits, chosen: np.ndarray[Any, np.dtype[np.bool_]]) -> tuple[Floats, Floats]:
    """Numbers and sums of log gaps, one row per customer, one column per place."""
    x = visits.gap_count[chosen]
    counts = np.stack([x >= 1, x >= 2, np.maximum(x - 2, 0)], axis=1).astype(np.float64)
    sums = np.stack([visits.first_gap[chosen], visits.second_gap[chosen], visits.later_gaps[chosen]], axis=1)
    return counts, sums


def _squares(visits: Visits) -> Floats:
    """The store's sum of squared log gaps by place."""
    logs = log_days(visits.gaps)
    total = float((logs**2).sum())
    first, second = float((visits.first_gap**2).sum()), float((visits.second_gap**2).sum())
    return np.array([first, second, max(total - first - second, 0.0)])


def _posterior(counts: Floats, sums: Floats, *, means: Floats, within: Floats, between: float) -> tuple[Floats, Floats]:
    """Mean and variance of each customer's own deviation. Places are added one by one: the same for one and for all."""
    weight = sum(counts[:, c] / within[c] for c in range(PLACES)) + 1 / between
    pull = sum((sums[:, c] - counts[:, c] * means[c]) / within[c] for c in range(PLACES))
    return pull / weight, 1 / weight


def _next(model: GapModel, counts: Floats, sums: Floats, *, place: Ints) -> Rhythm:
    means, within = np.array(model.means), np.array(model.within)
    own, spread = _posterior(counts, sums, means=means, within=within, between=model.between)
    return Rhythm(mean=means[place] + own, sd=np.sqrt(within[place] + spread))


def days(own: Rhythm, z: float) -> Floats:
    """The days that a customer's next gap stays below, at a standard normal quantile: 0 is the median."""
    return np.exp(np.minimum(own.mean + z * own.sd, math.log(36_500)))
