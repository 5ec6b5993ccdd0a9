"""Gamma-Gamma: what a customer spends at a visit, told from how many visits were seen and their mean.

Fader & Hardie (2013), "The Gamma-Gamma Model of Monetary Value": spend at a visit is Gamma(p, nu), nu varies between
customers as Gamma(q, v). A customer with few visits is expected near the store's mean, one with many near their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import gammaln, psi

from plugin.signals.arrays import Floats, Ints
from plugin.signals.likelihood import Prior, climb

#: a typical store, by its log parameters: p, q − 1, v over the mean spend
TYPICAL = (np.log(5.0), np.log(3.0), np.log(0.6))
#: below this many customers with two visits or more nothing is said
FEWEST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class GammaGamma:
    """A store's parameters; ``v`` in minor units."""

    p: float
    q: float
    v: float


def fit(visits: Ints, mean: Floats, *, leaning: bool = True) -> GammaGamma:
    """Maximum likelihood from each customer's number of visits (≥ 1) and mean spend (> 0), any unit of money.

    ``leaning``: with a weak prior around a typical store, and with q above 1, so that the mean is finite. Without it
    the fit is the published one.
    """
    scale = float(np.mean(mean))
    prior = Prior(centre=np.array(TYPICAL), sd=np.array([1.0, 1.0, 1.5])) if leaning else None
    best = climb(lambda p, take: _likelihood(p, *take), (visits, mean / scale), np.array(TYPICAL), prior)
    p, above, v = np.exp(best).tolist()
    return GammaGamma(p=p, q=1 + above, v=v * scale)


def log_likelihood(model: GammaGamma, visits: Ints, mean: Floats) -> float:
    """The log-likelihood of a model, in the data's own unit of money."""
    return _likelihood(np.log(np.array([model.p, model.q - 1, model.v])), visits, mean)[0]


def expected_spend(model: GammaGamma, visits: Ints, total: Floats) -> Floats:
    """The expected spend at the next visit, given the number of visits and their total; minor units."""
    expected: Floats = model.p * (model.v + total) / (model.p * visits + model.q - 1)
    return expected


def _likelihood(parameters: Floats, visits: Ints, mean: Floats) -> tuple[float, Floats]:
    p, above, v = np.exp(parameters).tolist()
    q = 1 + above
    tally = np.bincount(visits)
    kinds = np.flatnonzero(tally)
    many, shape = tally[kinds], p * kinds
    seen = np.log(mean) + np.log(visits)
    both = np.log(v + visits * mean)
    base = gammaln(shape + q) - gammaln(shape) - gammaln(q) + q * np.log(v)
    value = float((many * base).sum() + np.sum(p * visits * seen - np.log(mean) - (p * visits + q) * both))
    shared = psi(shape + q)
    by_p = (many * kinds * (shared - psi(shape))).sum() + np.sum(visits * (seen - both))
    by_q = (many * (shared - psi(q) + np.log(v))).sum() - both.sum()
    by_v = many.sum() * q / v - np.sum((p * visits + q) / (v + visits * mean))
    return value, np.array([by_p * p, by_q * above, by_v * v])
