"""BG/NBD: the yardstick of the field. Like MBG/NBD, but nobody leaves before the first repeat.

Fader, Hardie & Lee (2005), Marketing Science 24(2) 275-284. Kept to be compared with and held against print: whoever
bought once is alive for certain in it, so that its P(alive) says nothing about most customers of a shop.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass

import numpy as np
from scipy.special import gammaln, psi

from plugin.signals.arrays import Floats, Ints
from plugin.signals.likelihood import climb
from plugin.signals.mbg import visits_while_alive

_START = np.log(np.array([0.6, 0.8, 0.8, 2.0]))


@dataclass(frozen=True, slots=True, kw_only=True)
class BgNbd:
    """A store's parameters; ``alpha`` in the caller's unit of time."""

    r: float
    alpha: float
    a: float
    b: float


def fit(x: Ints, last: Floats, tenure: Floats) -> BgNbd:
    """Maximum likelihood from repeats ``x``, time of the last one and of today since the first purchase."""
    scale = max(float(np.mean(tenure)) / 4, 1e-9)
    best = climb(lambda p, take: _likelihood(p, *take), (x, last / scale, tenure / scale), _START, None)
    r, alpha, a, b = np.exp(best).tolist()
    return BgNbd(r=r, alpha=alpha * scale, a=a, b=b)


def log_likelihood(model: BgNbd, x: Ints, last: Floats, tenure: Floats) -> float:
    """The log-likelihood of a model."""
    return _likelihood(np.log(np.array(astuple(model))), x, last, tenure)[0]


def p_alive(model: BgNbd, x: Ints, last: Floats, tenure: Floats) -> Floats:
    """The chance of not having left: 1 for everyone with one purchase."""
    ratio = ((model.alpha + tenure) / (model.alpha + last)) ** (model.r + x)
    away = np.where(x > 0, model.a / (model.b + np.maximum(x, 1) - 1) * ratio, 0.0)
    alive: Floats = 1 / (1 + away)
    return alive


def p_buy(model: BgNbd, x: Ints, last: Floats, tenure: Floats, within: float) -> Floats:
    """The chance of at least one purchase within the time ahead."""
    until = model.alpha + tenure
    waits: Floats = 1 - (until / (until + within)) ** (model.r + x)
    return p_alive(model, x, last, tenure) * waits


def expected_visits(model: BgNbd, x: Ints, last: Floats, tenure: Floats, within: float) -> Floats:
    """The expected number of purchases within the time ahead."""
    staying = visits_while_alive(model.a, model.b + x, rate=model.r + x, until=model.alpha + tenure, within=within)
    return p_alive(model, x, last, tenure) * staying


def _likelihood(p: Floats, x: Ints, last: Floats, tenure: Floats) -> tuple[float, Floats]:
    """Log-likelihood and its gradient by the log parameters."""
    r, alpha, a, b = np.exp(p).tolist()
    shape, again = r + x, x > 0
    now, then = np.log(alpha + tenure), np.log(alpha + last)
    before = b + np.maximum(x, 1) - 1
    turn = np.where(again, np.log(a) - np.log(before) + shape * (now - then), -np.inf)
    gone = 1 / (1 + np.exp(-np.clip(turn, -700, 700)))
    gone = np.where(again, gone, 0.0)
    base = gammaln(shape) - gammaln(r) + r * np.log(alpha)
    base += gammaln(a + b) + gammaln(b + x) - gammaln(b) - gammaln(a + b + x)
    value = float(np.sum(base - shape * now + np.logaddexp(0, turn)))
    pull = (1 - gone) * np.exp(-now) + gone * np.exp(-then)
    by_r = float(np.sum(psi(shape) - psi(r) + np.log(alpha) - (1 - gone) * now - gone * then))
    by_alpha = float(np.sum(r / alpha - shape * pull))
    shared = psi(a + b) - psi(a + b + x)
    by_a = float(np.sum(shared + gone / a))
    by_b = float(np.sum(shared + psi(b + x) - psi(b) - gone / before))
    return value, np.array([by_r * r, by_alpha * alpha, by_a * a, by_b * b])
