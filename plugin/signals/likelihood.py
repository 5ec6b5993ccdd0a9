"""Climbs a log-likelihood with an analytic gradient: first on a part of the customers, then on all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scipy.optimize import minimize

from plugin.signals.arrays import Floats

#: enough to come close; the rest of the way is short
FIRST = 20_000
#: parameters stay between e^-12 and e^12, where everything is finite
_BOUND = 12.0

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
    size = columns[0].size
    if size > 2 * FIRST:
        step = size // FIRST
        start = _climb(likelihood, tuple(column[::step].copy() for column in columns), start, prior)
    return _climb(likelihood, columns, start, prior)


def _climb(likelihood: Likelihood, columns: Columns, start: Floats, prior: Prior | None) -> Floats:
    size = max(columns[0].size, 1)

    def cost(p: Floats) -> tuple[float, Floats]:
        value, slope = likelihood(p, columns)
        if prior is not None:
            off = (p - prior.centre) / prior.sd
            value, slope = value - 0.5 * float(off @ off), slope - off / prior.sd
        return -value / size, -slope / size

    bounds = [(-_BOUND, _BOUND)] * start.size
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds,
                     options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 500})  # fmt: skip
    best: Floats = found.x
    return best
