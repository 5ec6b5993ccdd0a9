"""What is to be expected of each customer: whether, when and how much.

The date of the next order is told given the silence so far and given that it comes within ``WITHIN`` days; the chance
that it comes at all stands beside it. Its quantiles are means over models: where the store's gaps are regular those of
MBG/CNBD-k and of the customer's lognormal beat, elsewhere those of MBG/NBD; and the mixed chances read as a
distribution over time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce

import numpy as np
from scipy.special import gammaincinv

from plugin.signals import chance, gaps, mbg, regular, spend
from plugin.signals.arrays import Floats, Ints
from plugin.signals.gapfit import PRIOR_GAPS
from plugin.signals.model import StoreModel
from plugin.signals.visits import YEAR, Visits

#: days within which a next order is dated
WITHIN = 180
#: the soonest, in days: never in the past, never this very second
SOONEST = 1 / 24
HALF = 0.5
#: where the models of visits are read for the middle: of those who came, 45 in a hundred had come by the models' half
MIDDLE = 0.55


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """One position per customer; NaN where the store has too little to say."""

    #: days ahead to chance
    p_order: dict[int, Floats]
    #: days from now by which half of those who come within ``WITHIN`` have come, and between which four in five come;
    #: wider in a store that little is known of
    next_order_days: Floats
    next_order_low_days: Floats
    next_order_high_days: Floats
    orders_365d: Floats
    #: minor units: the mean, and a range that holds with 80 % chance
    spend_365d: Floats
    spend_365d_low: Floats
    spend_365d_high: Floats


def outlook(visits: Visits, model: StoreModel) -> Outlook:
    """Everything there is to say about the time ahead of each customer."""
    table = chance_table(visits, model)
    orders = expected_orders(visits, model)
    tail = 0.1 * _certainty(model)
    mean, low, high = _spend_range(visits, model, orders)
    return Outlook(
        p_order={days: chance.at(table, days) for days in chance.TOLD},
        next_order_days=wait(visits, model, table, HALF), next_order_low_days=wait(visits, model, table, tail),
        next_order_high_days=wait(visits, model, table, 1 - tail),
        orders_365d=orders, spend_365d=mean, spend_365d_low=low, spend_365d_high=high,
    )  # fmt: skip


def chance_table(visits: Visits, model: StoreModel) -> Floats:
    """The chance of an order within each of ``chance.HORIZONS``; NaN without customers in the model."""
    if model.models is None:
        return np.full((visits.customer.size, len(chance.HORIZONS)), np.nan)
    return chance.chances(model.models, model.mixtures, model.trees, visits)


def wait(visits: Visits, model: StoreModel, table: Floats, share: float) -> Floats:
    """Days from now by which this share of the customers who come within ``WITHIN`` days have come."""
    if model.base is None:
        return np.full(visits.customer.size, np.nan)
    x, last, age = visits.gap_count, visits.last, visits.age
    level = MIDDLE if share == HALF else share
    if model.regular is None or model.gaps is None:
        told = [mbg.wait_quantile(model.base, x, age, float(WITHIN), level)]
    else:
        told = [
            regular.wait_quantile(model.regular, x, last, age, within=float(WITHIN), share=level),
            gaps.wait_quantile(model.gaps, visits, within=float(WITHIN), share=level),
        ]
    if model.mixtures:
        told.append(_read(table, share))
    return np.clip(reduce(np.add, told) / len(told), SOONEST, float(WITHIN))


def expected_orders(visits: Visits, model: StoreModel) -> Floats:
    """Expected visits within a year."""
    if model.base is None:
        return np.full(visits.customer.size, np.nan)
    x, last, age = visits.gap_count, visits.last, visits.age
    if model.regular is not None:
        return regular.expected_visits(model.regular, x, last, age, float(YEAR))
    return mbg.expected_visits(model.base, x, last, age, float(YEAR))


def expected_spend(visits: Visits, model: StoreModel) -> Floats:
    """Expected spend within a year, minor units: expected visits times expected spend at each."""
    if model.spend is None:
        return np.full(visits.customer.size, np.nan)
    return expected_orders(visits, model) * _per_visit(visits, model.spend)


def _spend_range(visits: Visits, model: StoreModel, orders: Floats) -> tuple[Floats, Floats, Floats]:
    """Expected spend within a year, and the tenth and ninetieth hundredth of what it may come to.

    Gone: nothing. Still there: a gamma with the mean and variance of a random number of visits, each of random worth;
    the variances of a negative binomial number, of one visit's spend and of the customer's own mean add up.
    """
    if model.spend is None or model.base is None:
        nothing = np.full(visits.customer.size, np.nan)
        return nothing, nothing, nothing
    alive = np.maximum(mbg.p_alive(model.base, visits.gap_count, visits.last, visits.age), 1e-12)
    mean = orders * _per_visit(visits, model.spend)
    number = np.maximum(orders / alive, 1e-9)
    spread = (1 + 1 / model.spend.p) / number + 1 / (model.base.r + visits.gap_count)
    spread += 1 / np.maximum(model.spend.p * (visits.gap_count + 1) + model.spend.q - 2, 0.5)
    spread += 1 / _certainty(model) - 1
    low, high = (
        gammaincinv(1 / spread, np.clip(1 - (1 - share) / alive, 0, 1)) * spread * mean / alive for share in (0.1, 0.9)
    )
    return mean, low, high


def _certainty(model: StoreModel) -> float:
    """Between 0 and 1: what the store's gaps weigh against what they were taken to be like before there were any."""
    gaps_seen = 0 if model.gaps is None else model.gaps.gaps
    return (gaps_seen + 1) / (gaps_seen + 1 + PRIOR_GAPS)


def _per_visit(visits: Visits, model: spend.GammaGamma) -> Floats:
    return spend.expected_spend(model, visits.gap_count + 1, visits.spend_total.astype(np.float64))


def _read(table: Floats, share: float) -> Floats:
    """The quantile of the time to the next order; between the horizons as many come as the root of time grows.

    Fewer come with every day of silence, which straight lines would not show.
    """
    roots = np.sqrt(np.array((0, *chance.HORIZONS), np.float64))
    steps = np.hstack([np.zeros((table.shape[0], 1)), table])
    wanted = steps[:, -1] * share
    place = np.clip((steps < wanted[:, None]).sum(axis=1), 1, roots.size - 1)
    rows: Ints = np.arange(table.shape[0])
    below, above = steps[rows, place - 1], steps[rows, place]
    part = (wanted - below) / np.maximum(above - below, 1e-12)
    quantile: Floats = (roots[place - 1] + np.clip(part, 0, 1) * (roots[place] - roots[place - 1])) ** 2
    return quantile
