"""Ridge logistic regression by Newton's steps, with an own level for every past cut-off.

The levels take up season and growth, so that the slopes say only what sets customers apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Bools, Floats, Ints

#: in units of standardised features: about so many customers say that nothing matters
RIDGE = 10.0
#: each cut-off further back counts so much less
FADE = 0.8
_ROUNDS = 25
_CLOSE = 1e-5
#: to which a mean is met
_NEAR = 1e-10
#: holds a level where everybody came or nobody did
_LOOSE = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Slopes:
    """Log-odds = level + Σ weight · feature."""

    level: float
    weights: tuple[float, ...]


def fit(tables: Sequence[Floats], outcomes: Sequence[Bools]) -> Slopes:
    """Slopes from one table (customers x features) and one column of outcomes for each cut-off, the newest first."""
    fades = FADE ** np.arange(len(tables))
    sizes = np.array([len(one) for one in tables])
    table, outcome = np.concatenate(tables), np.concatenate(outcomes).astype(np.float64)
    middle, spread = table.mean(axis=0), table.std(axis=0) + 1e-9
    levels, slopes = _newton((table - middle) / spread, outcome, np.repeat(fades, sizes), sizes)
    slopes /= spread
    level = float(np.average(levels, weights=fades) - slopes @ middle)
    return Slopes(level=level, weights=tuple(slopes.tolist()))


def log_odds(slopes: Slopes, columns: Sequence[Floats]) -> Floats:
    """The log-odds, feature by feature: a matrix product would round differently for one customer and for all."""
    total = np.full(columns[0].size, slopes.level)
    for weight, column in zip(slopes.weights, columns, strict=True):
        total += weight * column
    return total


def chance(odds: Floats) -> Floats:
    """The probability that belongs to log-odds."""
    probability: Floats = 1 / (1 + np.exp(-np.clip(odds, -500, 500)))
    return probability


def odds(probability: Floats) -> Floats:
    """The log-odds that belong to a probability, kept away from certainty."""
    kept = np.clip(probability, 1e-9, 1 - 1e-9)
    logit: Floats = np.log(kept / (1 - kept))
    return logit


def shift_to(log_odds_of: Floats, mean: float) -> float:
    """What to add to all log-odds so that the mean probability becomes ``mean``; between -10 and 10.

    Newton's steps, and halving where a step would leave the bracket.
    """
    low, high, shift = -10.0, 10.0, 0.0
    for _ in range(60):
        told = chance(log_odds_of + shift)
        missing = mean - float(told.mean())
        if abs(missing) < _NEAR or high - low < _NEAR:
            break
        low, high = (shift, high) if missing > 0 else (low, shift)
        curve = float((told * (1 - told)).mean())
        step = shift + missing / curve if curve > 0 else high
        shift = step if low < step < high else (low + high) / 2
    return shift


def _newton(table: Floats, outcome: Floats, weight: Floats, sizes: Ints) -> tuple[Floats, Floats]:
    """One level per cut-off and the slopes that all share; cut-off by cut-off, so that each fits the cache."""
    ends = np.cumsum(sizes)
    parts = [slice(end - size, end) for end, size in zip(ends.tolist(), sizes.tolist(), strict=True)]
    levels, slopes = np.zeros(sizes.size), np.zeros(table.shape[1])
    for _ in range(_ROUNDS):
        shared, towards = RIDGE * np.eye(slopes.size), -RIDGE * slopes
        own, pull, cross = np.empty(sizes.size), np.empty(sizes.size), np.empty((sizes.size, slopes.size))
        for number, part in enumerate(parts):
            rows = table[part]
            expected = chance(rows @ slopes + levels[number])
            curve, error = weight[part] * expected * (1 - expected), weight[part] * (outcome[part] - expected)
            own[number], pull[number] = curve.sum() + _LOOSE, error.sum() - _LOOSE * levels[number]
            cross[number] = curve @ rows
            shared += (rows * curve[:, None]).T @ rows
            towards += error @ rows
        shared -= cross.T @ (cross / own[:, None])
        step = np.linalg.solve(shared, towards - cross.T @ (pull / own))
        levels += (pull - cross @ step) / own
        slopes += step
        if np.abs(step).max() < _CLOSE:
            break
    return levels, slopes
