"""An interval for an effect that holds however often it is looked at.

Of the five times in a hundred that an interval may miss, one is for all looks at all times (a confidence sequence),
three and a half for one look on a day that was set before (the planned end), and half of one is kept for money, which
is too skewed for the normal law to be exact. What is shown is the narrower of the two: so at most five stores in a
hundred without an effect ever see one, and on the planned end the interval is hardly wider than a plain one (2.11
instead of 1.96 standard errors). This is the split of Haybittle (1971) and Peto et al. (1976) with a sequence for the
looks before the end.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit

from plugin.signals.arrays import Bools, Floats
from plugin.signals.effect import Difference

#: chances to miss: at any look, ever; and at the planned end
EVER, AT_THE_END = 0.01, 0.035
#: customers at which the sequence is narrowest
TUNED_TO = 2_000
#: fewer customers in an arm, or fewer with an outcome other than zero, and the normal law is no guide yet
FEWEST, FEWEST_ACTIVE = 30, 20
#: chance of seeing the effect that ``needed`` reckons with
POWER = 0.8
MOST = 100_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An effect per customer with its interval; NaN where nothing can be said."""

    effect: Floats
    low: Floats
    high: Floats

    @property
    def shows(self) -> Bools:
        """Whether the interval leaves no effect at all out."""
        apart: Bools = (self.low > 0) | (self.high < 0)
        return apart


def ever(n: Floats, variance: Floats, *, alpha: float = EVER, tuned_to: int = TUNED_TO) -> Floats:
    """Half the width of the interval at n customers of ``variance`` each, valid at all n at once.

    sqrt(2 (n r² + 1) / (n² r²) · log(sqrt(n r² + 1) / alpha)) standard deviations: the asymptotic confidence sequence
    of Waudby-Smith, Arbour, Sinha, Kennedy & Ramdas, Annals of Statistics 2024 (theorem 2.2), which is Robbins'
    normal mixture (1970) with the variance estimated; r by their equation (10), for the number it is tuned to.
    """
    r2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha)) + 1) / tuned_to
    with np.errstate(divide="ignore", invalid="ignore"):
        grown = n * r2 + 1
        width: Floats = np.sqrt(variance * 2 * grown / (n * n * r2) * np.log(np.sqrt(grown) / alpha))
    return width


def once(error: Floats, freedom: Floats, *, alpha: float = AT_THE_END) -> Floats:
    """Half the width of the interval for a single look: Student's quantile times the standard error."""
    width: Floats = stdtrit(freedom, 1 - alpha / 2) * error
    return width


def read(running: Difference, end: Difference | None = None) -> Reading:
    """The interval to be shown: that of all looks, or that of the planned end where this is there and narrower.

    ``running`` is of all customers known by now, ``end`` of those who belonged to the plan. NaN
    before both arms have enough customers, and enough of them with an outcome.
    """
    size = (running.treated + running.held_out).astype(np.float64)
    effect, half = running.effect, ever(size, running.variance)
    half = np.where(_enough(running), half, np.nan)
    if end is not None:
        width = np.where(_enough(end), once(end.error, end.freedom), np.nan)
        ended = ~(half <= width) & ~np.isnan(width)
        effect, half = np.where(ended, end.effect, effect), np.where(ended, width, half)
    return Reading(effect=effect, low=effect - half, high=effect + half)


def needed(variance: float, effect: float) -> int:
    """How many customers in all until an effect of this size shows with a chance of four in five.

    The smallest n at which the half width of ``ever`` and ``POWER``'s quantile of the estimate fit into the effect.
    """
    if not (variance > 0 and effect != 0 and math.isfinite(variance) and math.isfinite(effect)):
        return MOST

    def shows(n: int) -> bool:
        half = float(ever(np.array(n, np.float64), np.array(variance)))
        return half + float(ndtri(POWER)) * math.sqrt(variance / n) <= abs(effect)

    low, high = 1, 2
    while not shows(high):
        low, high = high, high * 2
        if high >= MOST:
            return MOST
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if shows(middle) else (middle, high)
    return high


def _enough(told: Difference) -> Bools:
    customers = np.minimum(told.treated, told.held_out) >= FEWEST
    enough: Bools = customers & (told.fewest_active >= FEWEST_ACTIVE)
    return enough
