"""How good predictions were: ranking, squared error, calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def auc(came: Bools, score: Floats) -> float:
    """The chance that one who came scores above one who did not; ties count half."""
    ranks, good = rankdata(score), int(came.sum())
    return float((ranks[came].sum() - good * (good + 1) / 2) / (good * (came.size - good)))


def brier(came: Bools, chance: Floats) -> float:
    """The mean squared error of a chance."""
    return float(np.mean((chance - came) ** 2))


def calibration_error(came: Bools, chance: Floats) -> float:
    """The mean distance between told and true share over ten equal bins of the chance."""
    bins = np.minimum((chance * 10).astype(int), 9)
    return float(sum(abs((chance[bins == b] - came[bins == b]).sum()) for b in range(10)) / came.size)


def by_third(speed: Floats, missed: Bools) -> list[float]:
    """The share missed among the fast, the middle and the slow third."""
    third = np.empty(speed.size, int)
    third[np.argsort(speed, kind="stable")] = np.arange(speed.size) * 3 // max(speed.size, 1)
    return [float(missed[third == n].mean()) for n in range(3)]
