"""The difference that offers make is found where it is, and nowhere else, however often one looks."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from plugin.signals import effect, sequence
from plugin.signals.arrays import Bools, Floats
from plugin.signals.effect import Sums

#: stores, the share held out, customers, and what the offer adds to each customer's chance to return
RUNS, SHARE, CUSTOMERS, LIFT = 1_000, 0.2, 2_500, 0.05
WORTH, SPREAD = 0.8, 0.7
DAYS = 90


def stores(rng: np.random.Generator, runs: int, customers: int, *, lift: float) -> tuple[Floats, Floats, Bools]:
    """Outcome, spend before and arm of the customers of many stores: most buy nothing, some spend very much."""
    worth = rng.lognormal(0, WORTH, (runs, customers))
    before = 40 * worth * rng.poisson(3 * np.minimum(worth, 3)) * rng.lognormal(0, 0.5, worth.shape)
    treated = rng.random(worth.shape) >= SHARE
    returns = rng.random(worth.shape) < chance(worth) + lift * treated
    return returns * 60 * np.sqrt(worth) * rng.lognormal(0, SPREAD, worth.shape), before, treated


def chance(worth: Floats) -> Floats:
    """That a customer comes back without an offer."""
    found: Floats = np.clip(0.08 + 0.08 * worth, 0, 0.6)
    return found


def test_the_interval_covers_a_known_effect():
    """In 1,000 simulated stores the interval of the planned end covers the true effect in 93 to 97 of 100."""
    rng = np.random.default_rng(1)
    # each return is worth 60 sqrt(worth) in the mean, so the true effect is the lift times the mean of that
    true = LIFT * 60 * math.exp(WORTH**2 / 8) * math.exp(SPREAD**2 / 2)
    y, x, treated = stores(rng, RUNS, CUSTOMERS, lift=LIFT)
    told = effect.difference(running(y, x, treated, looks=1))
    read = sequence.read(told, told)
    low, high = read.low[:, 0], read.high[:, 0]

    covered = float(np.mean((low <= true) & (true <= high)))

    assert 0.93 <= covered <= 0.97
    assert abs(float(read.effect.mean()) - true) < 0.3


def test_covariates_and_interval_hold_without_effect_too():
    """Without an effect the plan's reading says so in at least 95 of 100 stores, and the daily one in 99."""
    rng = np.random.default_rng(7)
    told = effect.difference(running(*stores(rng, RUNS, CUSTOMERS, lift=0.0), looks=1))

    assert np.mean(sequence.read(told, told).shows) <= 0.05
    assert np.mean(sequence.read(told).shows) <= 0.01


def test_daily_looks_find_no_effect_where_there_is_none():
    """Read every day for 90 days, the planned end included, at most 5 of 100 stores without an effect ever show one."""
    rng = np.random.default_rng(11)
    told = effect.difference(running(*stores(rng, RUNS, 1_500, lift=0.0), looks=DAYS))
    plain = np.abs(told.effect) > stats.norm.ppf(0.975) * told.error
    shown = sequence.read(told).shows.any(1) | sequence.read(last(told), last(told)).shows

    assert float(np.mean(plain.any(1))) > 0.3
    assert float(np.mean(shown)) <= 0.05


def test_a_strong_effect_shows_before_the_end():
    """Whoever looks every day sees a strong effect early, and never the wrong way round."""
    rng = np.random.default_rng(3)
    told = effect.difference(running(*stores(rng, 200, 2_500, lift=0.3), looks=DAYS))
    read = sequence.read(told)

    assert np.mean(read.shows[:, DAYS // 2]) > 0.8
    assert not (read.high < 0).any()


def test_covariates_make_the_interval_narrower_and_move_nothing():
    """What was known before takes variance away and leaves the estimate where it was in the mean."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(400, 1_000))
    treated = rng.random(x.shape) >= SHARE
    y = 3 * x + rng.normal(size=x.shape) + 0.5 * treated
    with_it = effect.difference(running(y, x, treated, looks=1))
    without = effect.difference(running(y, np.zeros_like(x), treated, looks=1))

    assert np.mean(with_it.explained) == pytest.approx(0.9, abs=0.01)
    assert np.mean(with_it.error) < 0.4 * np.mean(without.error)
    assert np.mean(with_it.effect) == pytest.approx(0.5, abs=0.02)
    assert np.mean(without.explained) == pytest.approx(0, abs=1e-9)


@given(seed=st.integers(0, 10_000), n=st.integers(8, 60))
def test_without_covariates_it_is_welchs_test(seed: int, n: int):
    """One stratum and nothing known before: difference, error and degrees of freedom are those of Welch's test."""
    rng = np.random.default_rng(seed)
    y, treated = rng.lognormal(size=n), np.arange(n) % 3 > 0
    told = effect.difference(effect.sums(y, np.zeros((n, 0)), treated=treated, stratum=np.zeros(n, np.int64)))
    oracle = stats.ttest_ind(y[treated], y[~treated], equal_var=False)
    interval = oracle.confidence_interval(1 - sequence.AT_THE_END)

    assert float(told.effect) == pytest.approx(y[treated].mean() - y[~treated].mean())
    assert float(told.freedom) == pytest.approx(oracle.df)
    assert float(told.effect - sequence.once(told.error, told.freedom)) == pytest.approx(interval.low)
    assert float(told.effect + sequence.once(told.error, told.freedom)) == pytest.approx(interval.high)


@given(seed=st.integers(0, 10_000), times=st.floats(0.01, 1000), more=st.floats(-1e4, 1e4))
def test_units_and_levels_do_not_matter(seed: int, times: float, more: float):
    """Money in cents or in dollars, a constant more for everyone, customers in any order: the same answer."""
    rng = np.random.default_rng(seed)
    y, x = rng.normal(size=200), rng.normal(size=(200, 2))
    treated, stratum = rng.random(200) < 0.7, rng.integers(0, 2, 200)
    shuffled = rng.permutation(200)
    told = effect.difference(effect.sums(y, x, treated=treated, stratum=stratum))
    other = effect.difference(
        effect.sums(
            (y * times + more)[shuffled], x[shuffled] * 100, treated=treated[shuffled], stratum=stratum[shuffled]
        )
    )

    assert float(other.effect) == pytest.approx(float(told.effect) * times, rel=1e-6, abs=1e-6)
    assert float(other.error) == pytest.approx(float(told.error) * times, rel=1e-4, abs=1e-6)


def test_shares_that_changed_are_compared_apart():
    """Customers dealt with one share who buy more than those dealt with another one do not pass for an effect."""
    rng = np.random.default_rng(2)
    stratum = np.repeat([0, 1], 20_000)
    treated = rng.random(40_000) >= np.where(stratum == 0, 0.5, 0.1)
    y = rng.normal(10.0 * stratum, 1.0)
    told = effect.difference(effect.sums(y, np.zeros((40_000, 0)), treated=treated, stratum=stratum))

    assert abs(float(told.effect)) < 3 * float(told.error)
    assert float(told.treated_mean - told.held_out_mean) > 1


@pytest.mark.parametrize(("held_out", "treated"), [(0, 5), (1, 9), (0, 0), (9, 1)])
def test_too_few_customers_tell_nothing(held_out: int, treated: int):
    """An arm of fewer than two, or nobody at all: no number, no interval, no warning."""
    n = held_out + treated
    arms = np.arange(n) >= held_out
    told = effect.difference(effect.sums(np.ones(n), np.ones((n, 1)), treated=arms, stratum=np.zeros(n, np.int64)))
    read = sequence.read(told, told)

    assert math.isnan(float(told.effect))
    assert not bool(read.shows)


@given(variance=st.floats(0.01, 1e8), effect_seen=st.floats(0.001, 1e4))
def test_so_many_customers_are_needed_and_no_fewer(variance: float, effect_seen: float):
    """With the number that is told the effect shows with four chances in five; with one customer fewer it does not."""
    n = sequence.needed(variance, effect_seen)

    def room(customers: int) -> float:
        half = float(sequence.ever(np.array(float(customers)), np.array(variance)))
        return effect_seen - half - stats.norm.ppf(0.8) * math.sqrt(variance / customers)

    if n < sequence.MOST:
        assert room(n) >= 0
        assert n < 3 or room(n - 1) < 0


def test_nothing_to_see_needs_more_than_anyone_has():
    """No variance known, or no effect to look for: the largest number there is."""
    assert sequence.needed(0.0, 1.0) == sequence.needed(1.0, 0.0) == sequence.needed(math.nan, 1.0) == sequence.MOST


def test_a_control_group_of_the_wrong_size_is_noticed():
    """Dealt by its share the size of the control group is no surprise; a tenth of it missing is."""
    assert abs(effect.surprise(1_010, 1_000, 900)) < 1
    assert effect.surprise(900, 1_000, 900) < -3.3
    assert effect.surprise(0, 0, 0) == 0


def running(y: Floats, x: Floats, treated: Bools, *, looks: int) -> Sums:
    """The sums of each store at each of some looks, as customers come in one after the other."""
    ends = np.linspace(0, y.shape[1], looks + 1).astype(int)[1:] - 1
    parts: dict[str, Any] = {
        "n": np.ones_like(y),
        "some": (y != 0) * 1.0,
        "y": y,
        "yy": y * y,
        "x": x,
        "xy": x * y,
        "xx": x * x,
    }

    def grown(values: Floats) -> Floats:
        arms = [np.cumsum(values * (treated == arm), 1)[:, ends] for arm in (False, True)]
        found: Floats = np.stack(arms, -1)[..., None, :]
        return found

    told = {name: grown(values) for name, values in parts.items()}
    return Sums(
        n=told["n"], some=told["some"], y=told["y"], yy=told["yy"], x=told["x"][..., None], xy=told["xy"][..., None],
        xx=told["xx"][..., None, None],
    )  # fmt: skip


def last(told: effect.Difference) -> effect.Difference:
    """The difference at the last look of each store."""
    names = (
        "effect",
        "error",
        "freedom",
        "treated",
        "held_out",
        "fewest_active",
        "treated_mean",
        "held_out_mean",
        "explained",
    )
    return effect.Difference(**{name: getattr(told, name)[:, -1] for name in names})
