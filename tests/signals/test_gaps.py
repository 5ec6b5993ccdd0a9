"""The store's gap distribution and what is read from it."""

from dataclasses import replace

import numpy as np
import pytest

from plugin.signals import gapfit, gaps, measure, model, past
from plugin.signals.days import to_seconds
from plugin.signals.gaps import SHARES
from plugin.signals.history import PurchaseHistory
from plugin.signals.visits import boil_down
from tests.signals.made import after, gamma_store, lognormal_store
from tests.signals.stores import at, day, history_of


@pytest.mark.parametrize("days", [400, 900])
def test_the_truth_is_found_though_recent_gaps_are_unfinished(days: int) -> None:
    """Mean, spread within and spread between customers come out, whether or not most customers are new."""
    visits = boil_down(lognormal_store(seed=1, customers=3_000, days=days), to_seconds(after(days)))
    fitted = gapfit.fit(visits)
    assert fitted is not None
    assert np.exp(fitted.means[0]) == pytest.approx(25, rel=0.12)
    assert fitted.within[2] == pytest.approx(0.36, abs=0.06)
    assert fitted.between == pytest.approx(0.25, abs=0.08)


@pytest.mark.parametrize("regular", [0.9, 2.5])
def test_eighty_in_a_hundred_come_back_before_they_are_late(regular: float) -> None:
    """The 80 % instant keeps its word for orders that the model has not seen, also where gaps are not lognormal."""
    store = gamma_store(seed=2, customers=1_500, days=720, k=regular, leave=0.05)
    fitted = model.fit(store, after(480))
    held = []
    for now in range(485, 540, 5):
        signals = measure.measure(store, fitted, after(now))
        latest = {
            c: int(moment) for c, moment in zip(signals.customer_ids, signals.last_order_at.tolist(), strict=True)
        }
        just = {c for c, moment in latest.items() if moment > to_seconds(after(now - 5))}
        late = dict(zip(signals.customer_ids, signals.late_at.tolist(), strict=True))
        for place in np.flatnonzero(np.append(store.customer[1:] == store.customer[:-1], False)):
            customer = store.customer_ids[store.customer[place]]
            gap = int(store.at[place + 1] - store.at[place])
            if customer in just and store.at[place] == latest[customer] and gap <= 180 * 86_400:
                held.append(int(store.at[place + 1]) <= late[customer])
    assert len(held) > 300
    assert np.mean(held) == pytest.approx(0.8, abs=0.06)


def test_late_is_as_rare_among_the_fast_as_among_the_slow() -> None:
    """Where gaps are not lognormal the slow are called late too often; the shift by speed takes a part of that back."""
    store = gamma_store(seed=11, customers=1_500, days=760, k=1.0, leave=0.05)
    fitted = gapfit.fit(boil_down(store, to_seconds(after(500))))
    assert fitted is not None
    assert len(fitted.speeds) == len(fitted.late_shifts) == 5
    assert spread_of_late(store, fitted) < 0.8 * spread_of_late(store, replace(fitted, speeds=(), late_shifts=()))


def spread_of_late(whole: PurchaseHistory, fitted: gaps.GapModel) -> float:
    """How far apart the thirds by expected gap are, of gaps begun after day 500 that ended within 150 days."""
    expected, late = [], []
    for now in range(500, 545, 3):
        then = past.snapshot(whole, to_seconds(after(now)), 2**40)
        here = (then.visits.silence < 3) & (then.next_visit <= 150)
        own = gaps.rhythm(fitted, then.visits)
        limit = gaps.days(fitted, own, gaps.LATE)
        expected.append(own.mean[here])
        late.append((then.visits.silence + then.next_visit > limit)[here])
    speed, missed = np.concatenate(expected), np.concatenate(late)
    thirds = np.array_split(missed[np.argsort(speed, kind="stable")], 3)
    shares = [float(third.mean()) for third in thirds]
    return max(shares) - min(shares)


def test_quantiles_are_in_order_and_the_faithful_are_fast() -> None:
    """A larger share takes longer; who came at short gaps is expected sooner than who came at long ones."""
    fast = [("fast", at(3 * n), 100) for n in range(10)]
    slow = [("slow", at(40 * n), 100) for n in range(10)]
    visits = boil_down(history_of(fast + slow), to_seconds(day(400)))
    fitted = gapfit.fit(visits)
    assert fitted is not None
    own = gaps.rhythm(fitted, visits)
    quantiles = np.stack([gaps.days(fitted, own, share) for share in SHARES])
    assert np.all(np.diff(quantiles, axis=0) >= 0)
    assert quantiles[1, 0] < quantiles[1, 1]


def test_one_gap_is_enough_for_everyone() -> None:
    """With a single gap in the whole store everybody has a usual gap near it, and instants after it."""
    store = history_of([("a", at(0), 100), ("a", at(30), 100), ("b", at(5), 100)])
    signals = measure.measure(store, model.fit(store, day(31)), day(31))
    assert signals.usual_gap_days == pytest.approx([30, 30], rel=0.35)
    assert np.all(signals.late_at > signals.last_order_at)


def test_slow_stores_have_a_longer_horizon() -> None:
    """Where most gaps are longer than half a year, coming back within half a year is not the measure."""
    orders = [(f"c{n}", at(n + 400 * visit), 100) for n in range(60) for visit in range(4)]
    fitted = gapfit.fit(boil_down(history_of(orders), to_seconds(day(1_700))))
    assert fitted is not None
    assert fitted.horizon >= 730


def test_a_young_store_calls_late_later() -> None:
    """Before anyone was watched for the horizon the level of late lies further out, and never beyond the next."""
    young = gapfit.fit(boil_down(lognormal_store(seed=2, customers=400, days=130), to_seconds(after(130))))
    assert young is not None
    assert young.horizon > 130
    assert list(young.levels) == sorted(young.levels)
    assert len(young.speeds) in {0, gapfit.YOUNG_SPEEDS}
