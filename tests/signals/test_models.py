"""The models of visits and spend, against simulation, differences and each other."""

from dataclasses import astuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import hyp2f1

from plugin.signals import bgnbd, mbg, regular, spend
from plugin.signals.days import to_seconds
from plugin.signals.mbg import Mbg
from plugin.signals.regular import Regular
from plugin.signals.visits import boil_down
from tests.signals.made import after, gamma_store

X = np.array([0, 0, 1, 3, 12, 400])
LAST = np.array([0.0, 0.0, 20.0, 90.0, 300.0, 700.0])
AGE = np.array([0.0, 200.0, 21.0, 400.0, 310.0, 705.0])
STORES = [
    Mbg(r=0.5, alpha=40.0, a=0.9, b=1.6),
    Mbg(r=2.0, alpha=15.0, a=1.0, b=3.0),
    Mbg(r=0.2, alpha=9.0, a=0.1, b=0.5),
]


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("ahead", [30.0, 365.0])
def test_expected_visits_equal_the_closed_form(store: Mbg, ahead: float) -> None:
    """The quadrature equals the hypergeometric form of the model, where that can be evaluated."""
    few = X < 100
    a = store.a + 1e-7
    rate, together = store.r + X[few], a + store.b + X[few]
    closed = together / (a - 1) * (1 - hyp2f1(rate, a - 1, together, -ahead / (store.alpha + AGE[few])))
    ours = mbg.expected_visits(store, X[few], LAST[few], AGE[few], ahead)
    assert ours == pytest.approx(mbg.p_alive(store, X[few], LAST[few], AGE[few]) * closed, rel=1e-2)


def test_expected_visits_stay_finite_for_the_heaviest_buyers() -> None:
    """Four hundred visits break nothing: the expected number is near the rate times the time."""
    visits = mbg.expected_visits(STORES[0], X, LAST, AGE, 365.0)
    assert visits[-1] == pytest.approx(400 / 745 * 365, rel=0.25)


@pytest.mark.parametrize("store", STORES)
def test_the_lost_moment_is_where_the_chance_crosses(store: Mbg) -> None:
    """At the silence found the chance is the one asked for, or it never was above it, or never falls below in ten years."""
    silence = mbg.silence_until(store, X, LAST, within=180.0, chance=0.1, longest=3_650.0)
    there = mbg.p_buy(store, X, LAST, LAST + silence, 180.0)
    inside = (silence > 0.01) & (silence < 3_649)
    assert there[inside] == pytest.approx(0.1, abs=1e-3)
    assert np.all(there[silence <= 0.01] <= 0.1 + 1e-3)


@given(st.floats(0, 900), st.floats(1, 300), st.integers(0, 40))
def test_silence_only_lowers_the_chance(silence: float, more: float, x: int) -> None:
    """The longer somebody is silent, the smaller the chance of an order."""
    count, last = np.array([x]), np.array([10.0 * x])
    sooner, later = (mbg.p_buy(STORES[0], count, last, last + s, 90.0) for s in (silence, silence + more))
    assert later[0] <= sooner[0] + 1e-12


@pytest.mark.parametrize(
    ("likelihood", "point", "columns"),
    [
        (mbg._likelihood, [0.5, 6.0, 0.9, 1.6], (X, LAST, AGE)),
        (bgnbd._likelihood, [0.5, 6.0, 0.9, 1.6], (X, LAST, AGE)),
        (regular._likelihood, [0.5, 6.0, 0.9, 1.6, 1.7], (X, LAST, AGE, X * 2.0)),
        (spend._likelihood, [5.0, 2.0, 7.0], (X + 1, LAST + 3.0)),
    ],
)
def test_gradients_are_the_slopes(likelihood, point, columns) -> None:
    """Analytic gradients equal differences, parameter by parameter."""
    p = np.log(point)
    _, gradient = likelihood(p, *columns)
    for place in range(p.size):
        step = np.zeros(p.size)
        step[place] = 1e-5
        slope = (likelihood(p + step, *columns)[0] - likelihood(p - step, *columns)[0]) / 2e-5
        assert gradient[place] == pytest.approx(slope, rel=2e-3, abs=2e-3)


@pytest.mark.parametrize("store", STORES)
def test_without_regularity_both_models_are_one(store: Mbg) -> None:
    """MBG/CNBD-k with k = 1 gives the chances, dates and totals of MBG/NBD."""
    r, alpha, a, b = astuple(store)
    same = Regular(r=r, alpha=alpha, a=a, b=b, k=1.0)
    few = X < 100
    x, last, age = X[few], LAST[few], AGE[few]
    assert regular.p_buy(same, x, last, age, 90.0) == pytest.approx(mbg.p_buy(store, x, last, age, 90.0), rel=1e-9)
    ours = regular.wait_quantile(same, x, last, age, within=180.0, share=0.5)
    assert ours == pytest.approx(mbg.wait_quantile(store, x, age, 180.0, 0.5), rel=1e-6)
    totals = mbg.expected_visits(store, x, last, age, 365.0)
    assert regular.expected_visits(same, x, last, age, 365.0) == pytest.approx(totals, rel=2e-2)


@given(
    kinds=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 3), st.integers(0, 2)), max_size=30),
    k=st.sampled_from([0.8, 1.0, 2.3]),
)
def test_customers_alike_are_told_alike_and_as_if_alone(kinds: list[tuple[int, int, int]], k: float) -> None:
    """However many of a kind there are among others, each is told to the last bit what one alone is told."""
    model = Regular(r=0.6, alpha=14.0, a=0.9, b=2.5, k=k)
    table = np.array([(x, 30.0 * last, 30.0 * last + 45.0 * more) for x, last, more in kinds]).reshape(-1, 3)
    x, last, age = table[:, 0].astype(np.int64), table[:, 1], table[:, 2]
    for told in (
        lambda *who: regular.wait_quantile(model, *who, within=180.0, share=0.55),
        lambda *who: regular.expected_visits(model, *who, 365.0),
    ):
        alone = [told(x[one : one + 1], last[one : one + 1], age[one : one + 1]).item() for one in range(len(kinds))]
        assert told(x, last, age).tolist() == alone


@pytest.mark.parametrize("k", [1.0, 2.5])
def test_regularity_is_found(k: float) -> None:
    """The shape behind a simulated store comes out, and its year ahead is foretold within a tenth."""
    store = gamma_store(seed=5, customers=1_500, days=700, k=k)
    visits = boil_down(store, to_seconds(after(335)))
    x, last, age = visits.gap_count, visits.last, visits.age
    plain = mbg.fit(x, last, age, usual_gap=25.0)
    fitted = regular.fit(x, last, age, visits.log_gaps, near=plain, within=0.6)
    assert fitted.k == pytest.approx(k, rel=0.15)
    actual = int(np.count_nonzero((store.day > visits.today) & (store.day <= visits.today + 365)))
    assert regular.expected_visits(fitted, x, last, age, 365.0).sum() == pytest.approx(actual, rel=0.1)


def test_spend_leans_on_the_store_when_little_is_known() -> None:
    """One expensive visit moves the expectation a little, thirty move it nearly all the way."""
    store = spend.GammaGamma(p=6.0, q=4.0, v=1_500.0)
    once, often = spend.expected_spend(store, np.array([1, 30]), np.array([9_000.0, 270_000.0]))
    usual = 6.0 * 1_500 / 3
    assert usual < once < often < 9_000
    assert often == pytest.approx(9_000, rel=0.05)
