"""How good chances were, once it is known who came."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Bools, Floats

BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenth:
    """Customers whose told chance fell into one tenth of the scale."""

    customers: int
    told: float
    came: float


def auc(came: Bools, score: Floats) -> float:
    """The chance that one who came scores above one who did not; ties count half; .5 where all did the same."""
    good = int(np.count_nonzero(came))
    if good in {0, came.size}:
        return 0.5
    return float((_ranks(score)[came].sum() - good * (good + 1) / 2) / (good * (came.size - good)))


def brier(came: Bools, chance: Floats) -> float:
    """The mean squared error of a chance."""
    return float(np.mean((chance - came) ** 2))


def calibration(came: Bools, chance: Floats) -> tuple[Tenth, ...]:
    """Told against true share by tenths of the scale; empty tenths are left out."""
    place = np.minimum((chance * BINS).astype(np.int64), BINS - 1)
    tenths = []
    for one in range(BINS):
        here = place == one
        if here.any():
            told, true = float(chance[here].mean()), float(came[here].mean())
            tenths.append(Tenth(customers=int(here.sum()), told=told, came=true))
    return tuple(tenths)


def calibration_error(tenths: tuple[Tenth, ...]) -> float:
    """The mean distance between told and true share, by customers."""
    customers = sum(tenth.customers for tenth in tenths)
    return sum(tenth.customers * abs(tenth.told - tenth.came) for tenth in tenths) / max(customers, 1)


def _ranks(score: Floats) -> Floats:
    """The place of each from 1 on, equals sharing the mean of theirs; SciPy's takes every program half a second to import."""
    _, place, equals = np.unique(score, return_inverse=True, return_counts=True)
    return (np.cumsum(equals) - (equals - 1) / 2)[place]
