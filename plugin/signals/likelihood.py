"""Climbs a log-likelihood with an analytic gradient: first on a few of the customers, then on enough of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from plugin.signals.arrays import Floats

#: enough to come close; the rest of the way is short
FIRST = 10_000
#: a fit on so many customers differs from one on all of a million by about one unit of log-likelihood
MOST = 50_000
#: parameters stay between e^-12 and e^12, where everything is finite
_BOUND = 12.0
_ROUNDS, _FLAT, _STILL, _LONGEST = 300, 1e-8, 1e-14, 2.0

Columns = tuple[Any, ...]
Likelihood = Callable[[Floats, Columns], tuple[float, Floats]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prior:
    """A normal belief about the log parameters; as heavy as about one customer."""

    centre: Floats
    sd: Floats


def climb(likelihood: Likelihood, columns: Columns, start: Floats, prior: Prior | None) -> Floats:
    """The log parameters where likelihood times prior is highest.

    ``likelihood`` gives value and gradient at log parameters, for columns of customers; every n-th is taken for the
    first part, so that the answer does not depend on chance.
    """
    some = _thin(columns, MOST)
    if some[0].size > 2 * FIRST:
        start = _climb(likelihood, _thin(some, FIRST), start, prior)
    return _climb(likelihood, some, start, prior)


def _thin(columns: Columns, most: int) -> Columns:
    step = max(1, columns[0].size // most)
    return columns if step == 1 else tuple(column[::step].copy() for column in columns)


def _climb(likelihood: Likelihood, columns: Columns, start: Floats, prior: Prior | None) -> Floats:
    size = max(columns[0].size, 1)

    def cost(p: Floats) -> tuple[float, Floats]:
        value, slope = likelihood(p, columns)
        if prior is not None:
            off = (p - prior.centre) / prior.sd
            value, slope = value - 0.5 * float(off @ off), slope - off / prior.sd
        return -value / size, -slope / size

    return _descend(cost, start)


def _descend(cost: Callable[[Floats], tuple[float, Floats]], start: Floats) -> Floats:
    """The lowest point by BFGS with halved steps (Nocedal & Wright 2006, chapter 6).

    Our own, since a library's calls threaded linear algebra on five numbers, and waits for the threads longer than
    everything else takes.
    """
    here, inverse = start, np.eye(start.size)
    value, slope = cost(here)
    for round_ in range(_ROUNDS):
        if np.abs(slope).max() < _FLAT:
            break
        there, lower, steeper = _step(cost, here, value, slope, inverse)
        move, bend = there - here, steeper - slope
        along = float(np.sum(move * bend))
        gain, here, value, slope = value - lower, there, lower, steeper
        if gain <= _STILL * abs(value):
            break
        if along > 1e-14:
            if round_ == 0:
                inverse *= along / float(np.sum(bend * bend))
            turn = np.eye(start.size) - np.outer(move, bend) / along
            inverse = _times(_times(turn, inverse), turn.T) + np.outer(move, move) / along
    return here


def _step(
    cost: Callable[[Floats], tuple[float, Floats]], here: Floats, value: float, slope: Floats, inverse: Floats
) -> tuple[Floats, float, Floats]:
    """A point that is lower by enough; the same point where there is none."""
    way = -np.sum(inverse * slope, axis=1)
    if float(np.sum(way * slope)) >= 0:
        way = -slope
    way *= min(1.0, _LONGEST / float(np.abs(way).max()))
    for halving in range(40):
        there = np.clip(here + way * 0.5**halving, -_BOUND, _BOUND)
        lower, steeper = cost(there)
        if lower <= value + 1e-4 * float(np.sum((there - here) * slope)):
            return there, lower, steeper
    return here, value, slope


def _times(left: Floats, right: Floats) -> Floats:
    product: Floats = np.sum(left[:, :, None] * right[None, :, :], axis=1)
    return product
