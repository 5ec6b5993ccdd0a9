"""Stores as they come: tiny, lopsided, strange. Results are defined, without warnings, and nothing is NaN by accident."""

import numpy as np
import pytest

from plugin.signals import history, measure, model
from plugin.signals.columns import NO_TIME, Signals
from tests.signals.stores import Order, at, day, history_of

STORES: dict[str, list[Order]] = {
    "one customer, one order": [("a", at(0), 100)],
    "one customer, two orders": [("a", at(0), 100), ("a", at(9), 100)],
    "all orders on one day": [(f"c{n}", at(0), 100 + n) for n in range(40)],
    "one customer with 5,000 orders": [("a", at(n / 8), 100) for n in range(5_000)] + [("b", at(1), 5)],
    "only one-time buyers": [(f"c{n}", at(n), 1_000) for n in range(300)],
    "orders before 1970": [("a", -at(n), 100) for n in range(3)] + [("b", -at(3), 10)],
    "orders tomorrow": [("a", at(0), 100), ("a", at(5_000), 100), ("b", at(5_000), 100)],
    "everyone every day": [(f"c{n}", at(d), 100) for n in range(12) for d in range(30)],
    "enormous sums": [(f"c{n}", at(40 * d + n), 10**15) for n in range(15) for d in range(3)],
}


@pytest.mark.parametrize("name", STORES)
def test_every_store_has_defined_signals(name: str) -> None:
    """Chances are chances, instants are in order, spend is finite or openly unknown."""
    store = history_of(STORES[name])
    fitted = model.fit(store, day(731))
    signals = measure.measure(store, fitted, day(731))
    assert np.all((signals.p_order_90d >= 0) & (signals.p_order_90d <= 1))
    if fitted.gaps is None:
        assert np.all(signals.late_at == NO_TIME)
    else:
        assert np.all(np.isfinite(signals.usual_gap_days))
        assert np.all(signals.late_at <= signals.lapsing_at)
    if fitted.spend is not None:
        assert np.all(np.isfinite(signals.predicted_spend_365d))
    assert model.StoreModel.from_json(fitted.to_json()) == fitted


def test_a_store_without_orders_has_no_rows() -> None:
    """Nothing in, nothing out."""
    store = history_of([])
    signals = measure.measure(store, model.fit(store, day(0)), day(0))
    assert signals.customer_ids == ()
    assert signals.late_at.size == 0


def test_worthless_orders_are_left_out() -> None:
    """Zero and negative totals are no purchases, and a customer with nothing else does not appear."""
    store = history_of([("a", at(0), 0), ("a", at(1), -50), ("b", at(2), 10)])
    assert store.customer_ids == ("b",)


def test_until_is_inclusive() -> None:
    """An order at the very instant belongs, one a microsecond later does not."""
    orders = [("a", at(1), 10), ("b", at(1) + 1, 10)]
    assert history_of(orders, until=day(1)).customer_ids == ("a",)


def test_columns_of_different_length_are_refused() -> None:
    """One order, one position."""
    with pytest.raises(ValueError, match="one position"):
        history.build(customer_ids=["a"], at_micros=[1, 2], net_minor=[1], timezone="UTC")


@pytest.mark.parametrize("size", [30, 300, 3_000])
def test_ranges_narrow_as_the_store_grows(size: int) -> None:
    """The model leans on the typical store less and less: all sizes give a finite answer near the same truth."""
    rng = np.random.default_rng(size)
    orders = [(f"c{n}", at(20 * v + float(rng.uniform(0, 300))), 1_000) for n in range(size) for v in range(3)]
    signals: Signals = measure.measure(history_of(orders), model.fit(history_of(orders), day(380)), day(380))
    assert 15 < float(np.median(signals.usual_gap_days)) < 130
