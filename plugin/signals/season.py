"""The same season of last year: what the models of visits missed then, taken into account now where that has proved right.

The correction is tried before it is used: at earlier cut-offs, each corrected by its own year before, it must have come
nearer on the whole and most of the time. A year has 364 days here, so that weekdays fall on weekdays.
"""

from __future__ import annotations

import numpy as np

from plugin.signals import logistic, past
from plugin.signals.arrays import Floats
from plugin.signals.chance import HORIZONS, Models, plain_odds
from plugin.signals.days import DAY
from plugin.signals.history import PurchaseHistory
from plugin.signals.past import Snapshot

YEAR_BACK = 364
#: of what was missed last year
PART = 0.7
#: days of history that must stand behind the same season of last year
BEFORE = 180
TRIED, APART, TRIALS = 90, 30, 3
FEWEST_TRIALS = 2


def season(history: PurchaseHistory, models: Models, as_of: int) -> tuple[float, ...]:
    """What to add to log-odds of an order within each of ``HORIZONS``, as of an instant; () where it did not prove right."""
    if not history.at.size or not _reaches(history, as_of):
        return ()
    cuts = [as_of - (TRIED + APART * back) * DAY for back in range(TRIALS)]
    cuts = [cut for cut in cuts if _reaches(history, cut)]
    gains = [_gain(history, models, cut, as_of) for cut in cuts]
    if len(cuts) < FEWEST_TRIALS or sum(gains) <= 0 or sum(gain > 0 for gain in gains) * 2 <= len(gains):
        return ()
    then = past.snapshot(history, as_of - YEAR_BACK * DAY, as_of)
    return tuple(_missed(models, then, days) * PART for days in HORIZONS)


def _reaches(history: PurchaseHistory, cut: int) -> bool:
    return cut - (YEAR_BACK + BEFORE) * DAY >= int(history.at.min())


def _gain(history: PurchaseHistory, models: Models, cut: int, as_of: int) -> float:
    """How much better the chances of a cut-off fit with what was missed a year before it."""
    now = past.snapshot(history, cut, as_of)
    then = past.snapshot(history, cut - YEAR_BACK * DAY, cut)
    odds, came = plain_odds(models, now.visits, TRIED), now.came(TRIED)
    return _surprise(odds, came) - _surprise(odds + PART * _missed(models, then, TRIED), came)


def _missed(models: Models, then: Snapshot, days: int) -> float:
    """What brings the mean chance of a cut-off to the share that came."""
    return logistic.shift_to(plain_odds(models, then.visits, days), float(then.came(days).mean()))


def _surprise(odds: Floats, came: np.ndarray) -> float:
    told = np.clip(logistic.chance(odds), 1e-6, 1 - 1e-6)
    return float(-np.mean(np.log(np.where(came, told, 1 - told))))
