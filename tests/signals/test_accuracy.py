"""Predictions on real histories keep what was measured: cut-offs that no fit has seen, beside the rules of others."""

from datetime import UTC, datetime

import numpy as np
import pytest

from plugin.signals import mbg, measure, model, outlook, past, regular
from plugin.signals.accuracy import auc, brier
from plugin.signals.days import to_seconds
from plugin.signals.history import PurchaseHistory
from plugin.signals.model import StoreModel
from plugin.signals.past import Snapshot
from tests.signals.stores import history_of, micros, rows

CUT = datetime(2006, 12, 31, 23, 59, 59, tzinfo=UTC)
FAR = 2**40


@pytest.fixture(scope="module")
def grocer() -> PurchaseHistory:
    """An online grocer: 1,525 customers over two years (shipped with BTYDplus); every order is worth one."""
    orders = {(row["customer_id"], micros(row["date"]), 100) for row in rows("grocery_btydplus.csv.gz")}
    return history_of(sorted(orders))


@pytest.fixture(scope="module")
def fitted(grocer: PurchaseHistory) -> StoreModel:
    return model.fit(grocer, CUT)


@pytest.fixture(scope="module")
def then(grocer: PurchaseHistory) -> Snapshot:
    return past.snapshot(grocer, to_seconds(CUT), FAR)


def test_chances_beat_the_model_and_the_rule(grocer: PurchaseHistory, fitted: StoreModel, then: Snapshot) -> None:
    """An order within 90 days: better ranked and nearer than MBG/NBD alone, far beyond the 90-day rule."""
    v, came = then.visits, then.came(90)
    ours = measure.measure(grocer, fitted, CUT).p_order_90d
    plain = mbg.p_buy(mbg.fit(v.gap_count, v.last, v.age), v.gap_count, v.last, v.age, 90.0)
    assert auc(came, ours) > max(auc(came, plain), 0.908)
    assert brier(came, ours) < min(brier(came, plain), 0.0895)
    assert auc(came, v.silence <= 90) < auc(came, ours) - 0.05


def test_dates_beat_last_order_plus_median_gap(fitted: StoreModel, then: Snapshot) -> None:
    """Of those who came within 180 days the date is off by 27 days, not 38, and the 80 % interval holds."""
    v, came = then.visits, then.came(180)
    table = outlook.chance_table(v, fitted)
    low, middle, high = (outlook.wait(v, fitted, table, share)[came] for share in (0.1, 0.5, 0.9))
    wait = then.next_visit[came]
    assert np.abs(middle - wait).mean() < 27.0
    assert 0.76 < np.mean((low <= wait) & (wait <= high)) < 0.88


def test_the_year_ahead_of_the_grocer(grocer: PurchaseHistory, fitted: StoreModel, then: Snapshot) -> None:
    """52 weeks seen, 52 foretold: relative error .617, where Pareto/GGG reports .621 and Pareto/NBD .688."""
    v = then.visits
    after = (grocer.day > v.today) & (grocer.day <= v.today + 364)
    actual = np.bincount(grocer.customer[after], minlength=v.customer.size)
    assert fitted.regular is not None
    told = regular.expected_visits(fitted.regular, v.gap_count, v.last, v.age, 364.0)
    assert np.abs(told - actual).mean() / actual.mean() < 0.6175


def test_who_is_called_lost_is_lost(grocer: PurchaseHistory, fitted: StoreModel, then: Snapshot) -> None:
    """Fewer than one in ten of the lost come back within half a year, and each state comes back less than the one before."""
    states = measure.measure(grocer, fitted, CUT).lateness
    came = then.came(180)
    shares = [float(came[states == name].mean()) for name in ("on_time", "late", "lapsing", "lost")]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] < 0.1
