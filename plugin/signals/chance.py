"""The chance that a customer orders within so many days, reckoned as the store's own past advises.

One way is a model of visits (MBG/NBD, or MBG/CNBD-k where gaps are regular, or their mean), the other a logistic
regression on what a customer's past looks like with small trees on top, trained on earlier months whose outcome is
known. They are mixed on the log-odds scale. Shares and levels are the store's, learnt once in eight weeks and tried on
cut-offs that the training did not reach.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from plugin.signals import logistic, mbg, regular
from plugin.signals.arrays import Floats
from plugin.signals.features import features, more
from plugin.signals.gaps import GapModel
from plugin.signals.logistic import Slopes
from plugin.signals.mbg import Mbg
from plugin.signals.regular import Regular
from plugin.signals.trees import Trees, lift
from plugin.signals.visits import Visits

#: days ahead that chances are told for
HORIZONS = (14, 30, 60, 90, 120, 180)
TOLD = (30, 60, 90, 180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """How the chance within ``days`` is reckoned beside the models of visits."""

    days: int
    slopes: Slopes
    #: of the regression, between 0 and 1; the rest is the models'
    share: float
    #: added to the mixed log-odds: half of the way to MBG/NBD's mean, which remembers the store's whole past
    shift: float

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Mixture:
        """The mixture that gave these numbers."""
        slopes = Slopes(level=plain["slopes"]["level"], weights=tuple(plain["slopes"]["weights"]))
        return cls(days=plain["days"], slopes=slopes, share=plain["share"], shift=plain["shift"])

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        plain = asdict(self)
        plain["slopes"]["weights"] = list(self.slopes.weights)
        return plain


@dataclass(frozen=True, slots=True, kw_only=True)
class Models:
    """The models of visits of one store."""

    gaps: GapModel | None
    base: Mbg
    #: None where gaps are no more regular than chance
    regular: Regular | None
    #: how much of the log-odds is MBG/CNBD-k's; the rest is MBG/NBD's
    regular_share: float
    #: added to all log-odds for the season, by ``HORIZONS``; () for none
    season: tuple[float, ...] = ()


def chances(models: Models, mixtures: tuple[Mixture, ...], trees: Trees | None, visits: Visits) -> Floats:
    """The chance of an order within each of ``HORIZONS``, one row per customer; never less within a longer time."""
    by_days = {mixture.days: mixture for mixture in mixtures}
    columns = features(visits, models.gaps, models.regular) if by_days and models.gaps is not None else []
    bend = bent(models, trees, visits, columns)
    out, so_far = np.empty((visits.customer.size, len(HORIZONS))), _silence(models, visits)
    for place, days in enumerate(HORIZONS):
        odds, mixture = plain_odds(models, visits, days, so_far=so_far), by_days.get(days)
        if mixture is not None:
            odds = mixed(logistic.log_odds(mixture.slopes, columns) + bend, odds, mixture.share) + mixture.shift
        out[:, place] = logistic.chance(odds + models.season[place] if models.season else odds)
    return np.maximum.accumulate(out, axis=1)


def plain_odds(models: Models, visits: Visits, days: int, *, so_far: Floats | None = None) -> Floats:
    """What the models of visits say, as log-odds; ``so_far`` is ``regular.silence``, where it is known."""
    x, last, age, within = visits.gap_count, visits.last, visits.age, float(days)
    odds = logistic.odds(mbg.p_buy(models.base, x, last, age, within))
    if models.regular is None or not models.regular_share:
        return odds
    beat = logistic.odds(regular.p_buy(models.regular, x, last, age, within, so_far=so_far))
    return mixed(beat, odds, models.regular_share)


def _silence(models: Models, visits: Visits) -> Floats | None:
    if models.regular is None or not models.regular_share:
        return None
    return regular.silence(models.regular, visits.gap_count, visits.last, visits.age)


def bent(models: Models, trees: Trees | None, visits: Visits, columns: list[Floats]) -> Floats:
    """What the trees add to the regression's log-odds, from the regression's columns and their own."""
    if trees is None or models.gaps is None or not columns:
        return np.zeros(visits.customer.size)
    return lift(trees, columns + more(visits, models.gaps, models.base, models.regular))


def mixed(one: Floats, other: Floats, share: float) -> Floats:
    """``share`` of the one and the rest of the other."""
    return share * one + (1 - share) * other


def at(table: Floats, days: int) -> Floats:
    """The column of ``chances`` for one of ``HORIZONS``."""
    return np.ascontiguousarray(table[:, HORIZONS.index(days)])
