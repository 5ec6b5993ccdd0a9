"""Climbs a log-likelihood with an analytic gradient: first on a few of the customers, then on enough of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from scipy.optimize import minimize

from plugin.signals.arrays import Floats

#: enough to come close; the rest of the way is short
FIRST = 10_000
#: a fit on so many customers differs from one on all of a million by about one unit of log-likelihood
MOST = 50_000
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

    bounds = [(-_BOUND, _BOUND)] * start.size
    found = minimize(cost, start, jac=True, method="L-BFGS-B", bounds=bounds,
                     options={"ftol": 1e-13, "gtol": 1e-7, "maxiter": 500})  # fmt: skip
    best: Floats = found.x
    return best
