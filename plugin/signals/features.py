"""What a customer's past says about the chance of a next order, in numbers, each worked out for one alone.

The regression takes the first ten, and where the store's gaps are regular an eleventh: what the customer's own beat says.
The trees take these and six more, among which what the three models say. What a model says is the log-odds of an order
within ``SOON`` days.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ndtr

from plugin.signals import gaps, logistic, mbg, regular
from plugin.signals.arrays import Floats
from plugin.signals.gaps import GapModel
from plugin.signals.mbg import Mbg
from plugin.signals.regular import Regular
from plugin.signals.visits import Visits, log_days

#: days ahead that the models are asked about
SOON = 90.0
#: a customer's own spread of gaps leans on the store's as if by so many gaps
PRIOR_GAPS = 4
#: regularity of gaps, MBG/CNBD-k's k, from which the own beat speaks in the regression: of Erlang's gaps, two steps
BEAT = 2.0
_SURE = 1e-4

NAMES = (
    "silence", "visits", "usual gap", "silence against usual gap", "time since first order",
    "newest gap against usual gap", "spend per visit", "visits in 90 days", "visits in a year", "one visit only",
)  # fmt: skip
BY_BEAT = "own beat"
MORE = (
    "MBG/NBD", "MBG/CNBD-k", "lognormal gaps", "spread of own gaps", "visits in 30 days", "visits in 180 days",
)  # fmt: skip


def features(visits: Visits, model: GapModel, shape: Regular | None) -> list[Floats]:
    """One column for each of ``NAMES``, on the log scale but for the last, which is 0 or 1; where gaps are regular one for ``BY_BEAT``."""
    usual = gaps.rhythm(model, visits).mean
    silence = log_days(visits.silence + 1)
    again = visits.gap_count > 0
    found = [
        silence,
        log_days(visits.gap_count + 1),
        usual,
        silence - usual,
        log_days(visits.tenure + 1),
        np.where(again, visits.last_gap - usual, 0.0),
        np.log(visits.spend_total / (visits.gap_count + 1)),
        log_days(visits.recent_90 + 1),
        log_days(visits.recent_365 + 1),
        np.where(again, 0.0, 1.0),
    ]
    return found if shape is None or shape.k < BEAT else [*found, _by_beat(visits, model)]


def more(visits: Visits, model: GapModel, base: Mbg, shape: Regular | None) -> list[Floats]:
    """One column for each of ``MORE``."""
    x, last, age = visits.gap_count, visits.last, visits.age
    plain = logistic.odds(mbg.p_buy(base, x, last, age, SOON))
    beat = plain if shape is None else logistic.odds(regular.p_buy(shape, x, last, age, SOON))
    return [
        plain, beat, logistic.odds(_ends_soon(visits, model)), _spread(visits, model),
        log_days(visits.recent_30 + 1), log_days(visits.recent_180 + 1),
    ]  # fmt: skip


def _by_beat(visits: Visits, model: GapModel) -> Floats:
    """Log-odds of an order soon: there still, and the gap that is open ends in time.

    Gaps are lognormal with the customer's own mean and spread, each of them as surely known as it is; before every gap
    the customer leaves with a chance as in a typical store, so that silence beyond the own beat tells who has left.
    """
    own, x = gaps.rhythm(model, visits), visits.gap_count
    usual = np.array(model.within)[np.minimum(x, len(model.within) - 1)]
    sd = np.sqrt(np.maximum(own.sd**2 - usual, 0.0) + np.exp(2 * _spread(visits, model)))
    still, then = (
        np.maximum(ndtr((own.mean - np.log(visits.silence + 1 + ahead)) / sd), 1e-9) for ahead in (0.0, SOON)
    )  # fmt: skip
    leave, stay = np.exp(mbg.TYPICAL[2:])
    there = 1 / (1 + leave / (stay + x) / still)
    return logistic.odds(np.clip(there * (1 - then / still), _SURE, 1 - _SURE))


def _ends_soon(visits: Visits, model: GapModel) -> Floats:
    """The lognormal's chance that the present gap, open so far, ends within ``SOON`` days."""
    own = gaps.rhythm(model, visits)
    still, then = (
        ndtr((own.mean - np.log(visits.silence + 1 + ahead)) / own.sd) for ahead in (0.0, SOON)
    )  # fmt: skip
    chance: Floats = np.clip(1 - then / np.maximum(still, 1e-9), _SURE, 1 - _SURE)
    return chance


def _spread(visits: Visits, model: GapModel) -> Floats:
    """The logarithm of how much the customer's own gaps differ, shrunk towards the store's."""
    x = visits.gap_count
    own = np.maximum(visits.squared_gaps - visits.log_gaps**2 / np.maximum(x, 1), 0.0)
    usual = sum(model.within) / len(model.within)
    spread: Floats = np.log((own + PRIOR_GAPS * usual) / (np.maximum(x - 1, 0) + PRIOR_GAPS)) / 2
    return spread
