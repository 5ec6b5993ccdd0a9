"""MBG/NBD: how often customers buy while they are with the store, and when they leave unseen.

Batislam, Denizel & Filiztekin (2007), International Journal of Research in Marketing 24(3): purchases at a personal
Gamma(r, alpha) rate; after each purchase, the first included, the customer leaves with a personal Beta(a, b) chance.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from scipy.special import gammaln, psi, roots_genlaguerre

from plugin.signals.arrays import Bools, Floats, Ints, Reals
from plugin.signals.likelihood import Prior, climb

#: a typical store, by its log parameters: r, alpha over the usual gap, a, b
TYPICAL = (np.log(0.6), np.log(0.8), np.log(0.8), np.log(2.0))
_NODES = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class Mbg:
    """A store's parameters; ``alpha`` in days."""

    r: float
    alpha: float
    a: float
    b: float


def fit(x: Ints, last: Floats, tenure: Floats, *, usual_gap: float | None = None) -> Mbg:
    """Maximum likelihood from repeat visits ``x``, time of the last one and of today since the first visit.

    The unit of time is the caller's. With ``usual_gap`` (same unit) a weak prior around a typical store holds the
    parameters where there is little or nothing to learn from; without it the fit is the published one.
    """
    scale = usual_gap or max(float(np.mean(tenure)) / 4, 1e-9)
    prior = None if usual_gap is None else Prior(centre=np.array(TYPICAL), sd=np.array([1.0, 1.5, 1.0, 1.0]))
    best = climb(lambda p, take: _likelihood(p, *take), (x, last / scale, tenure / scale), np.array(TYPICAL), prior)
    r, alpha, a, b = np.exp(best).tolist()
    return Mbg(r=r, alpha=alpha * scale, a=a, b=b)


def log_likelihood(model: Mbg, x: Ints, last: Floats, tenure: Floats) -> float:
    """The log-likelihood of a model."""
    return _likelihood(np.log(np.array(astuple(model))), x, last, tenure)[0]


def p_alive(model: Mbg, x: Ints, last: Floats, tenure: Floats) -> Floats:
    """The chance of not having left. No churn figure: use ``p_buy``."""
    away = model.a / (model.b + x) * ((model.alpha + tenure) / (model.alpha + last)) ** (model.r + x)
    alive: Floats = 1 / (1 + away)
    return alive


def p_buy(model: Mbg, x: Ints, last: Floats, tenure: Floats, within: float) -> Floats:
    """The chance of at least one visit within the time ahead: alive, and the Pareto wait is short enough."""
    until = model.alpha + tenure
    waits: Floats = 1 - (until / (until + within)) ** (model.r + x)
    return p_alive(model, x, last, tenure) * waits


def wait_quantile(model: Mbg, x: Ints, tenure: Floats, within: float, share: float) -> Floats:
    """The time ahead by which this share of the customers who come within ``within`` have come."""
    until, rate = model.alpha + tenure, model.r + x
    come = 1 - (until / (until + within)) ** rate
    quantile: Floats = until * np.expm1(-np.log1p(-share * come) / rate)
    return quantile


def expected_visits(model: Mbg, x: Ints, last: Floats, tenure: Floats, within: float) -> Floats:
    """The expected number of visits within the time ahead."""
    staying = visits_while_alive(model.a, model.b + x + 1, rate=model.r + x, until=model.alpha + tenure, within=within)
    return p_alive(model, x, last, tenure) * staying


def visits_while_alive(a: float, stayed: Reals, *, rate: Reals, until: Reals, within: float) -> Floats:
    """The expected number of visits of customers who are still there, whose dropout chance is Beta(a, stayed).

    The mean of (1 − (1 + p·t/until)^−rate) / p over that chance p, by generalised Gauss-Laguerre in
    −stayed·log(1 − p): stable through a = 1 and for any number of visits.
    """
    nodes, weights = roots_genlaguerre(_NODES, a - 1)
    total, mass = np.zeros(stayed.size), np.zeros(stayed.size)
    for node, weight in zip(nodes.tolist(), weights.tolist(), strict=True):
        step = node / stayed
        leave = -np.expm1(-step)
        density = weight * (leave / step) ** (a - 1)
        total += density * -np.expm1(-rate * np.log1p(leave * within / until)) / leave
        mass += density
    visits: Floats = total / mass
    return visits


def silence_until(model: Mbg, x: Ints, last: Floats, *, within: float, chance: float, longest: float) -> Floats:
    """How long after the last visit the chance to come ``within`` falls below ``chance``; between 0 and ``longest``.

    The chance only falls with silence, so halving the logarithm of the time finds it.
    """
    low, high = np.zeros(x.size), np.full(x.size, np.log1p(longest))
    for _ in range(24):
        middle = (low + high) / 2
        above: Bools = p_buy(model, x, last, last + np.expm1(middle), within) >= chance
        low, high = np.where(above, middle, low), np.where(above, high, middle)
    silence: Floats = np.expm1(high)
    return silence


def _likelihood(p: Floats, x: Ints, last: Floats, tenure: Floats) -> tuple[float, Floats]:
    """Log-likelihood and its gradient by the log parameters.

    What depends on x alone is worked out once for every different x, not for every customer.
    """
    r, alpha, a, b = np.exp(p).tolist()
    many = np.bincount(x)
    kinds = np.arange(many.size)
    shape, chances = r + kinds, b + kinds
    base = (
        gammaln(shape) - gammaln(r) + r * np.log(alpha)
        + gammaln(a + b) + gammaln(chances + 1) - gammaln(b) - gammaln(a + chances + 1)
    )  # fmt: skip
    until, since, rate = alpha + tenure, alpha + last, r + x
    now, then = np.log(until), np.log(since)
    turn = rate * (now - then) + (np.log(a) - np.log(chances))[x]
    away = np.exp(-np.abs(turn))
    gone = np.where(turn > 0, 1.0, away) / (1 + away)
    value = float(many @ base) + float(np.sum(np.maximum(turn, 0) + np.log1p(away) - rate * now))
    by_r = many @ (psi(shape) - psi(r) + np.log(alpha)) - float(np.sum(now - gone * (now - then)))
    by_alpha = many.sum() * r / alpha - float(np.sum(rate * ((1 - gone) / until + gone / since)))
    shared = psi(a + b) - psi(a + chances + 1)
    by_a = many @ shared + gone.sum() / a
    left = np.bincount(x, weights=gone)
    by_b = many @ (shared + psi(chances + 1) - psi(b)) - float(np.sum(left / chances))
    return value, np.array([by_r * r, by_alpha * alpha, by_a * a, by_b * b])
