"""The chance that a customer orders within so many days: two ways of reckoning, mixed as the store's past advises.

One way is MBG/NBD, the other a logistic regression on what a customer's past looks like, trained on earlier months
whose outcome is known. They are mixed on the log-odds scale. Shares and levels are the store's, learnt once a night.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from plugin.signals import logistic, mbg
from plugin.signals.arrays import Floats
from plugin.signals.features import features
from plugin.signals.gaps import GapModel
from plugin.signals.logistic import Slopes
from plugin.signals.mbg import Mbg
from plugin.signals.visits import Visits

#: days ahead that chances are told for
HORIZONS = (14, 30, 60, 90, 120, 180)
TOLD = (30, 60, 90, 180)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mixture:
    """How the chance within ``days`` is reckoned beside MBG/NBD."""

    days: int
    slopes: Slopes
    #: of the regression, between 0 and 1; the rest is MBG/NBD's
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


def chances(base: Mbg, mixtures: tuple[Mixture, ...], gap_model: GapModel | None, visits: Visits) -> Floats:
    """The chance of an order within each of ``HORIZONS``, one row per customer; never less within a longer time."""
    by_days = {mixture.days: mixture for mixture in mixtures}
    columns = features(visits, gap_model) if by_days and gap_model is not None else []
    out = np.empty((visits.customer.size, len(HORIZONS)))
    for place, days in enumerate(HORIZONS):
        plain = mbg.p_buy(base, visits.gap_count, visits.last, visits.age, float(days))
        mixture = by_days.get(days)
        out[:, place] = plain if mixture is None else mix(mixture, columns, plain)
    return np.maximum.accumulate(out, axis=1)


def mix(mixture: Mixture, columns: list[Floats], plain: Floats) -> Floats:
    """The mixed chance from features and MBG/NBD's chance."""
    return logistic.chance(mixed_odds(mixture.slopes, mixture.share, columns, plain) + mixture.shift)


def mixed_odds(slopes: Slopes, share: float, columns: list[Floats], plain: Floats) -> Floats:
    """Log-odds before the shift."""
    return share * logistic.log_odds(slopes, columns) + (1 - share) * logistic.odds(plain)


def at(table: Floats, days: int) -> Floats:
    """The column of ``chances`` for one of ``HORIZONS``."""
    return np.ascontiguousarray(table[:, HORIZONS.index(days)])
