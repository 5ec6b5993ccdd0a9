"""MBG/CNBD-k: like MBG/NBD, but purchases may be more regular than chance, by a shape k of any size.

Reutterer, Platzer & Schröder (2021), International Journal of Research in Marketing 38(1), with whole k; here k is a
real number: the gap after x gaps is beta prime, so that every chance is a regularised incomplete beta function. With
k = 1 it is MBG/NBD. Regular stores (grocers) gain in dates and totals, irregular ones lose nothing.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from functools import cache, lru_cache

import numpy as np
from scipy.special import betainc, betaincinv, betaln, gammaln, polygamma, psi, roots_genlaguerre, roots_legendre

from plugin.signals.arrays import Floats, Ints
from plugin.signals.likelihood import Prior, climb
from plugin.signals.mbg import Mbg

#: customers the shape is learnt from; more change the third digit
MOST = 2_000
_TINY = 1e-300
_FIRSTS, _NODES = 4, 16
#: how far the log parameters may be from those of MBG/NBD, as standard deviations of a weak prior
_ROOM = np.array([1.0, 1.0, 1.0, 1.0, 0.5])
#: for differences
_STEP = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class Regular:
    """A store's parameters; ``alpha`` in days, ``k`` the regularity of gaps (1: none)."""

    r: float
    alpha: float
    a: float
    b: float
    k: float


def fit(x: Ints, last: Floats, tenure: Floats, log_gaps: Floats, *, near: Mbg, within: float) -> Regular:
    """Maximum likelihood, with a weak prior near the MBG/NBD of the same store, which is where it starts.

    ``log_gaps`` is each customer's sum of log gaps (same unit of time), ``within`` the variance of a customer's log
    gaps, which alone says about how large k is: it is trigamma(k).
    """
    step = max(1, x.size // MOST)
    columns = tuple(column[::step].copy() for column in (x, last, tenure, log_gaps))
    k = _shape(within)
    start = np.log(np.array([near.r, near.alpha * k, near.a, near.b, k]))
    best = climb(lambda p, take: _likelihood(p, *take), columns, start, Prior(centre=start, sd=_ROOM))
    r, alpha, a, b, k = np.exp(best).tolist()
    return Regular(r=r, alpha=alpha, a=a, b=b, k=k)


def log_likelihood(model: Regular, x: Ints, last: Floats, tenure: Floats, log_gaps: Floats) -> float:
    """The log-likelihood of a model, of gaps and not only their number."""
    return _likelihood(np.log(np.array(astuple(model))), x, last, tenure, log_gaps)[0]


def silence(model: Regular, x: Ints, last: Floats, tenure: Floats) -> Floats:
    """The chance that a living customer has not bought since the last visit, for ``p_buy`` within several times."""
    so_far: Floats = np.maximum(_silent(model, x, last, tenure), _TINY)
    return so_far


def p_buy(
    model: Regular, x: Ints, last: Floats, tenure: Floats, within: float, *, so_far: Floats | None = None
) -> Floats:
    """The chance of at least one visit within the time ahead; ``so_far`` is the ``silence``, where it is known."""
    so_far = silence(model, x, last, tenure) if so_far is None else so_far
    return _alive(model, x, so_far) * (1 - _still_silent(model, x, last, tenure + within, so_far))


def wait_quantile(model: Regular, x: Ints, last: Floats, tenure: Floats, *, within: float, share: float) -> Floats:
    """The time ahead by which this share of the customers who come within ``within`` have come."""
    some, back = _alike(x, last, tenure)
    x, last, tenure = x[some], last[some], tenure[some]
    so_far = silence(model, x, last, tenure)
    come = 1 - _still_silent(model, x, last, tenure + within, so_far)
    return _wait(model, x, last, tenure, so_far * (1 - share * come))[back]


def expected_visits(model: Regular, x: Ints, last: Floats, tenure: Floats, within: float) -> Floats:
    """The expected number of visits within the time ahead.

    The next visit at a few representative moments, and from each on the visits of a fresh renewal process that ends
    with the dropout chance: λt/k − (1 − 1/k)/2 · (1 − e^(−4λt/k)) of them, exact for k = 1 and k = 2 (Cox 1962).
    """
    some, back = _alike(x, last, tenure)
    x, last, tenure = x[some], last[some], tenure[some]
    so_far = silence(model, x, last, tenure)
    come = 1 - _still_silent(model, x, last, tenure + within, so_far)
    points, shares = _moments()
    more = np.zeros(x.size)
    for point, share in zip(points, shares, strict=True):
        wait = np.minimum(_wait(model, x, last, tenure, so_far * (1 - (point + 1) / 2 * come)), within)
        more += share / 2 * _afterwards(model, x + 1, tenure + wait, within - wait)
    visits: Floats = _alive(model, x, so_far) * come * (1 + more)
    return visits[back]


def _alive(model: Regular, x: Ints, so_far: Floats) -> Floats:
    """The chance of not having left."""
    alive: Floats = 1 / (1 + model.a / (model.b + x) / so_far)
    return alive


def _alike(x: Ints, last: Floats, tenure: Floats) -> tuple[Ints, Ints]:
    """Where one of each kind of customer stands, and for each customer the place of their kind among those.

    Days are whole, so that many a customer is like another to a model: everyone who has just bought for the first time.
    """
    order = np.lexsort((tenure, last, x))
    columns = [column[order] for column in (x, last, tenure)]
    new = np.ones(x.size, np.bool_)
    new[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    back = np.empty(x.size, np.int64)
    back[order] = np.cumsum(new) - 1
    return order[new], back


def _afterwards(model: Regular, x: Ints, last: Floats, ahead: Floats) -> Floats:
    """Expected visits in the time after a visit, the x-th repeat, which may have been the last."""
    nodes, weights = _dropouts(model.a)
    rate, until, chances = model.r + model.k * x, (model.alpha + last) * model.k, model.b + x
    total, mass = np.zeros(x.size), np.zeros(x.size)
    for node, weight in zip(nodes, weights, strict=True):
        step = node / chances
        leave = -np.expm1(-step)
        density = weight * (leave / step) ** (model.a - 1)
        total += density * (1 - leave) * -np.expm1(-rate * np.log1p(leave * ahead / until)) / leave
        mass += density
    stay = chances / (model.a + chances)
    lag = (1 - 1 / model.k) / 2 * -np.expm1(-rate * np.log1p(4 * ahead / until))
    visits: Floats = np.maximum(total / mass - stay * lag, 0.0)
    return visits


@cache
def _moments() -> tuple[list[float], list[float]]:
    points, shares = roots_legendre(_FIRSTS)
    return points.tolist(), shares.tolist()


# a store's model measures many small batches of customers
@lru_cache(maxsize=1024)
def _dropouts(a: float) -> tuple[list[float], list[float]]:
    nodes, weights = roots_genlaguerre(_NODES, a - 1)
    return nodes.tolist(), weights.tolist()


def _shape(within: float) -> float:
    """The k with trigamma(k) = ``within``, by halving; between .7 and 20."""
    low, high = 0.7, 20.0
    for _ in range(30):
        middle = (low * high) ** 0.5
        low, high = (middle, high) if polygamma(1, middle) > within else (low, middle)
    return high


def _silent(model: Regular, x: Ints, last: Floats, until: Floats) -> Floats:
    """The chance that a living customer has not bought from the last visit to ``until``."""
    chance: Floats = betainc(model.r + model.k * x, model.k, (model.alpha + last) / (model.alpha + until))
    return chance


def _still_silent(model: Regular, x: Ints, last: Floats, until: Floats, so_far: Floats) -> Floats:
    """The chance that a living customer, silent until today, stays so."""
    still: Floats = np.minimum(_silent(model, x, last, until) / so_far, 1.0)
    return still


def _wait(model: Regular, x: Ints, last: Floats, tenure: Floats, silent: Floats) -> Floats:
    """The time ahead until the chance of a living customer's silence has fallen to ``silent``."""
    place = np.maximum(betaincinv(model.r + model.k * x, model.k, silent), _TINY)
    wait: Floats = np.maximum((model.alpha + last) / place - model.alpha - tenure, 0.0)
    return wait


def _likelihood(p: Floats, x: Ints, last: Floats, tenure: Floats, log_gaps: Floats) -> tuple[float, Floats]:
    """Log-likelihood and its gradient by the log parameters; only the beta function's own shapes by differences."""
    r, alpha, a, b, k = np.exp(p).tolist()
    shape, then, now = r + k * x, np.log(alpha + last), np.log(alpha + tenure)
    place = np.exp(then - now)
    silent, by_shape, by_k = _log_silent(shape, k, place)
    stay, leave = betaln(a, b + x + 1) + silent, betaln(a + 1, b + x)
    here = 1 / (1 + np.exp(np.clip(leave - stay, -700, 700)))
    gaps = gammaln(shape) - gammaln(r) + r * np.log(alpha) - shape * then + (k - 1) * log_gaps - x * gammaln(k)
    value = float(np.sum(gaps - betaln(a, b) + np.logaddexp(stay, leave)))
    moved = np.where(tenure > last, (tenure - last) * np.exp(-2 * now), 0.0)
    density = (shape - 1) * np.log(place) + (k - 1) * np.log1p(-np.minimum(place, 1 - 1e-15)) - betaln(shape, k)
    to_r = psi(shape) - psi(r) + np.log(alpha) - then + here * by_shape
    to_alpha = r / alpha - shape * np.exp(-then) + here * np.exp(density - silent) * moved
    all_in = psi(a + b + x + 1)
    to_a = psi(a + b) - all_in + (1 - here) / a
    to_b = psi(a + b) - psi(b) - all_in + here * psi(b + x + 1) + (1 - here) * psi(b + x)
    to_k = x * (psi(shape) - then - psi(k)) + log_gaps + here * (x * by_shape + by_k)
    slopes = [float(np.sum(slope)) for slope in (to_r, to_alpha, to_a, to_b, to_k)]
    return value, np.array(slopes) * np.array([r, alpha, a, b, k])


def _log_silent(shape: Floats, k: float, place: Floats) -> tuple[Floats, Floats, Floats]:
    """The logarithm of the chance of silence, and how it changes with either shape."""
    silent = np.log(np.maximum(betainc(shape, k, place), _TINY))
    wider = np.log(np.maximum(betainc(shape + _STEP, k, place), _TINY))
    taller = np.log(np.maximum(betainc(shape, k + _STEP, place), _TINY))
    return silent, (wider - silent) / _STEP, (taller - silent) / _STEP
