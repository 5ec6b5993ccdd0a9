"""The difference that an offer makes, between customers who were dealt into two arms: treated and held out.

Everything is reckoned from sums over customers, so that many readings (days, simulated stores) are one calculation:
all arrays may have further axes in front.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Bools, Floats, Ints

HELD_OUT, TREATED = 0, 1
#: covariates help from this many customers for each of them on
CUSTOMERS_PER_COVARIATE = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """Sums over customers by stratum and arm: shape (…, strata, 2), and once or twice the covariates behind that.

    A stratum is a group within which the arms were dealt with one share. y is the outcome, x the covariates.
    """

    n: Floats
    #: customers whose outcome is not zero
    some: Floats
    y: Floats
    yy: Floats
    x: Floats
    xy: Floats
    xx: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Treated less held out, per customer; shape (…)."""

    effect: Floats
    #: standard error of ``effect``
    error: Floats
    #: degrees of freedom of ``error``
    freedom: Floats
    #: customers of either arm that could be compared
    treated: Ints
    held_out: Ints
    #: customers with an outcome other than zero, in the arm that has fewer of them
    fewest_active: Ints
    #: plain means of the arms
    treated_mean: Floats
    held_out_mean: Floats
    #: share of the variance that the covariates took away
    explained: Floats

    @property
    def variance(self) -> Floats:
        """What one more customer tells: the error squared times the customers."""
        told: Floats = self.error**2 * (self.treated + self.held_out)
        return told


def sums(y: Floats, x: Floats, *, treated: Bools, stratum: Ints) -> Sums:
    """The sums of customers given one by one: ``x`` of shape (customers, covariates), known before they were dealt."""
    strata = int(stratum.max()) + 1 if stratum.size else 1
    cell = stratum * 2 + treated
    member = np.equal.outer(np.arange(2 * strata), cell).astype(np.float64)

    def added(values: Floats) -> Floats:
        total = np.tensordot(member, values, axes=1)
        shaped: Floats = total.reshape(strata, 2, *values.shape[1:])
        return shaped

    return Sums(
        n=member.sum(1).reshape(strata, 2), some=added((y != 0).astype(np.float64)), y=added(y), yy=added(y * y), x=added(x), xy=added(x * y[:, None]),
        xx=added(x[:, :, None] * x[:, None, :]),
    )  # fmt: skip


def difference(told: Sums) -> Difference:
    """The adjusted difference in means of the arms, and how sure it is.

    Covariates take away what could be foreseen of the outcome: y - b'(x - mean), with one b for both arms, fitted
    within them (CUPED: Deng, Xu, Kohavi & Walker, WSDM 2013; ANCOVA). The error is Welch's, on the residuals, with
    Satterthwaite's degrees of freedom. Strata count by their customers; one with fewer than two customers in an arm
    tells nothing and is left out. NaN where no stratum tells anything.
    """
    usable: Bools = np.asarray((told.n >= 2).all(-1))
    n = np.where(usable[..., None], told.n, np.nan)
    y, x = told.y / n, told.x / n[..., None]
    syy = told.yy - n * y**2
    sxy = told.xy - n[..., None] * x * y[..., None]
    sxx = told.xx - n[..., None, None] * x[..., :, None] * x[..., None, :]
    b = _slopes(sxx, sxy, n)
    left = syy - 2 * _dot(sxy, b) + _dot(np.einsum("...saij,...j->...sai", sxx, b), b)
    squares = np.maximum(left, 0) / (n - 1) / n
    size = n.sum(-1)
    share = size / np.nansum(size, -1, keepdims=True)
    apart = (y[..., TREATED] - y[..., HELD_OUT]) - _dot(x[..., TREATED, :] - x[..., HELD_OUT, :], b, strata=True)
    variance = np.nansum(share**2 * squares.sum(-1), -1)
    small = np.nansum(share[..., None] ** 4 * squares**2 / (n - 1), (-2, -1))
    plain, residual = np.nansum(syy, (-2, -1)), np.nansum(left, (-2, -1))
    nothing = np.asarray(~usable.any(-1))
    arms = np.nansum(n, -2)
    active = np.where(usable[..., None], told.some, 0).sum(-2).min(-1)
    means = np.nansum(y * n, -2) / np.where(arms > 0, arms, np.nan)
    with np.errstate(divide="ignore", invalid="ignore"):
        return Difference(
            effect=np.where(nothing, np.nan, np.nansum(share * apart, -1)),
            error=np.where(nothing, np.nan, np.sqrt(variance)),
            freedom=np.where(small > 0, variance**2 / small, np.nan),
            treated=arms[..., TREATED].astype(np.int64), held_out=arms[..., HELD_OUT].astype(np.int64),
            fewest_active=active.astype(np.int64),
            treated_mean=means[..., TREATED], held_out_mean=means[..., HELD_OUT],
            explained=np.where(plain > 0, 1 - residual / plain, 0.0),
        )  # fmt: skip


def surprise(held_out: int, expected: float, variance: float) -> float:
    """How many standard deviations the size of the control group is from what dealing by the shares should give.

    Beyond 3.3 either way (one in a thousand) the arms are not comparable and the difference is not to be believed:
    the sample-ratio check, Fabijan et al., KDD 2019.
    """
    return (held_out - expected) / variance**0.5 if variance > 0 else 0.0


def _slopes(sxx: Floats, sxy: Floats, n: Floats) -> Floats:
    """One slope for each covariate; zero where there are too few customers to learn it from."""
    squares: Floats = np.nansum(sxx, (-4, -3))
    products: Floats = np.nansum(sxy, (-3, -2))
    size = squares.shape[-1]
    if not size:
        return products
    # a little ridge: a covariate that is the same for all must not matter
    scale = np.einsum("...ii->...i", squares)
    ridge = np.eye(size) * (1e-9 * scale + (scale <= 0))[..., None, :]
    slopes = np.linalg.solve(squares + ridge, products[..., None])[..., 0]
    enough = np.nansum(n, (-2, -1)) >= CUSTOMERS_PER_COVARIATE * size
    found: Floats = np.where(enough[..., None], slopes, 0.0)
    return found


def _dot(values: Floats, b: Floats, *, strata: bool = False) -> Floats:
    axes = "...si,...i->...s" if strata else "...sai,...i->...sa"
    product: Floats = np.einsum(axes, values, b)
    return product
