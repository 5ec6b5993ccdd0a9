"""How long customers of one store take from one visit to the next: a lognormal with a personal mean.

Empirical Bayes, one-way random effects: log gap = mean of its place (first, second, later) + the customer's own
deviation, normal with variance ``between``, + chance, normal with variance ``within`` of its place. See Efron & Morris
(1977) for the shrinkage; the places because coming back the first time is not like staying.

All quantiles are of the gap given that it ends within ``horizon`` days ("those who come back"), and are read at levels
that were set so that the store's own past gaps kept them: the 80 % quantile is the one that 80 % stayed below, of
customers who come often as of those who come seldom.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from scipy.special import ndtr, ndtri

from plugin.signals.arrays import Floats, Ints
from plugin.signals.visits import Visits, log_days

PLACES = 3
#: the shares at which a store's quantiles are set
SHARES = (0.1, 0.5, 0.8, 0.9, 0.95)
#: the share after which a customer is late: held among the fast as among the slow
LATE = 0.8
_NOTHING = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class GapModel:
    """A store's gap distribution; log days."""

    #: of the first gap, the second, and those after
    means: tuple[float, ...]
    within: tuple[float, ...]
    between: float
    #: days within which a customer comes back or is not expected to
    horizon: int
    #: the model's own probability at which each of ``SHARES`` was reached
    levels: tuple[float, ...]
    #: how many gaps it rests on
    gaps: int
    #: expected log gaps from the fast to the slow, and what is added to the level of ``LATE`` there; () for nothing
    speeds: tuple[float, ...] = ()
    late_shifts: tuple[float, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> GapModel:
        """The model that gave these numbers."""
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in plain.items()}
        return cls(**values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rhythm:
    """What is expected of each customer's next gap: a lognormal, log days."""

    mean: Floats
    sd: Floats


def rhythm(model: GapModel, visits: Visits) -> Rhythm:
    """The predictive distribution of every customer's next gap, given all gaps so far."""
    counts, sums = by_place(visits)
    return predict(model, counts, sums, place=np.minimum(visits.gap_count, PLACES - 1))


def rhythm_before_last(model: GapModel, visits: Visits) -> Rhythm:
    """The distribution that was to be expected of the newest gap, given the gaps before it."""
    counts, sums = by_place(visits)
    newest = np.clip(visits.gap_count - 1, 0, PLACES - 1)
    rows = np.flatnonzero(visits.gap_count > 0)
    counts[rows, newest[rows]] -= 1
    sums[rows, newest[rows]] -= visits.last_gap[rows]
    return predict(model, counts, sums, place=newest)


def days(model: GapModel, own: Rhythm, share: float) -> Floats:
    """The days within which this share (one of ``SHARES``) of such customers' gaps has ended."""
    level: float | Floats = model.levels[SHARES.index(share)]
    if share == LATE and model.speeds:
        beside = np.interp(own.mean, model.speeds, model.late_shifts)
        level = np.clip(level + beside, model.levels[SHARES.index(0.5)], model.levels[SHARES.index(0.9)])
    z = ndtri(np.minimum(level * _come_back(model, own), 1 - 1e-12))
    quantile: Floats = np.exp(own.mean + own.sd * z)
    return quantile


def wait_quantile(model: GapModel, visits: Visits, *, within: float, share: float) -> Floats:
    """The days from now by which this share of the customers whose gap, open so far, ends ``within`` have come."""
    own = rhythm(model, visits)
    so_far = visits.silence + 1.0
    now, then = (ndtr((np.log(so_far + ahead) - own.mean) / own.sd) for ahead in (0.0, within))
    quantile = np.exp(own.mean + own.sd * ndtri(np.clip(now + share * (then - now), 1e-12, 1 - 1e-12))) - so_far
    # so far out that the distribution has nothing left to say
    wait: Floats = np.clip(np.where(then - now < _NOTHING, within * share, quantile), 0.0, within)
    return wait


def level_of(model: GapModel, own: Rhythm, gap: Ints) -> Floats:
    """The model's probability of a gap up to this many days; beyond a level of the model it is longer than that share."""
    level: Floats = ndtr((log_days(gap) - own.mean) / own.sd) / _come_back(model, own)
    return level


def by_place(visits: Visits) -> tuple[Floats, Floats]:
    """Numbers and sums of log gaps, one row per customer, one column per place."""
    x = visits.gap_count
    counts = np.stack([x >= 1, x >= 2, np.maximum(x - 2, 0)], axis=1).astype(np.float64)
    return counts, np.stack([visits.first_gap, visits.second_gap, visits.later_gaps], axis=1)


def predict(model: GapModel, counts: Floats, sums: Floats, *, place: Ints) -> Rhythm:
    """The distribution of the next gap at ``place``, after gaps told by numbers and sums per place."""
    means, within = np.array(model.means), np.array(model.within)
    own, spread = posterior(counts, sums, means=means, within=within, between=model.between)
    return Rhythm(mean=means[place] + own, sd=np.sqrt(within[place] + spread))


def posterior(counts: Floats, sums: Floats, *, means: Floats, within: Floats, between: float) -> tuple[Floats, Floats]:
    """Mean and variance of each customer's own deviation; places added one by one, the same for one and for all."""
    weight = np.full(counts.shape[0], 1 / between)
    pull = np.zeros(counts.shape[0])
    for place in range(PLACES):
        weight += counts[:, place] / within[place]
        pull += (sums[:, place] - counts[:, place] * means[place]) / within[place]
    return pull / weight, 1 / weight


def _come_back(model: GapModel, own: Rhythm) -> Floats:
    """The probability of a gap within the horizon; for the slowest not below one in a thousand."""
    share: Floats = ndtr(np.maximum((np.log(model.horizon) - own.mean) / own.sd, -3.0))
    return share
