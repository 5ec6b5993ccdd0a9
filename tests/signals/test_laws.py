"""Laws that hold for every store."""

from dataclasses import fields
from datetime import datetime
from random import Random

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.signals import history, measure, model
from plugin.signals.columns import NO_TIME, Signals
from plugin.signals.model import StoreModel
from tests.signals.stores import END, Order, at, day, history_of, orders

ZONES = st.sampled_from(["UTC", "Asia/Shanghai", "America/Los_Angeles"])


def rows_of(signals: Signals) -> dict[str, dict[str, object]]:
    """Signals as one mapping per customer, with None for NaN so that rows can be compared."""
    out = {}
    for place, customer_id in enumerate(signals.customer_ids):
        row = {f.name: getattr(signals, f.name) for f in fields(signals) if f.name != "customer_ids"}
        values = {name: v if name == "as_of" else v[place].item() for name, v in row.items()}
        out[customer_id] = {name: None if v != v else v for name, v in values.items()}  # noqa: PLR0124
    return out


def measured(store: list[Order], zone: str, as_of: datetime = END) -> tuple[StoreModel, Signals]:
    purchases = history_of(store, zone)
    fitted = model.fit(purchases, as_of)
    return fitted, measure.measure(purchases, fitted, as_of)


@settings(max_examples=40, deadline=None)
@given(orders, ZONES)
def test_one_customer_alone_measures_like_among_all(store: list[Order], zone: str) -> None:
    """Measuring a customer's own history with the store's model gives exactly the row of the full measurement."""
    fitted, everyone = measured(store, zone)
    rows = rows_of(everyone)
    for customer_id in rows:
        alone = measure.measure(history.only(history_of(store, zone), customer_id), fitted, END)
        assert rows_of(alone) == {customer_id: rows[customer_id]}


@settings(max_examples=25, deadline=None)
@given(orders, orders, ZONES)
def test_later_orders_change_nothing(store: list[Order], later: list[Order], zone: str) -> None:
    """Model and signals as of a day are the same whether or not orders came after it."""
    shifted = [(customer_id, moment + at(732) - at(0), value) for customer_id, moment, value in later]
    before, after = measured(store, zone), measured(store + shifted, zone)
    assert before[0] == after[0]
    assert rows_of(before[1]) == rows_of(after[1])


@settings(max_examples=25, deadline=None)
@given(orders, ZONES, st.randoms(use_true_random=False))
def test_order_of_input_does_not_matter(store: list[Order], zone: str, random: Random) -> None:
    """Any shuffle of the same orders gives the same model and the same signals."""
    shuffled = list(store)
    random.shuffle(shuffled)
    first, second = measured(store, zone), measured(shuffled, zone)
    assert first[0] == second[0]
    assert rows_of(first[1]) == rows_of(second[1])


@settings(max_examples=25, deadline=None)
@given(orders, ZONES)
def test_a_model_survives_its_travel_as_json(store: list[Order], zone: str) -> None:
    """A model read back from its plain form is equal to the one that was written."""
    fitted, _ = measured(store, zone)
    assert StoreModel.from_json(fitted.to_json()) == fitted


@settings(max_examples=40, deadline=None)
@given(orders, st.integers(0, 800))
def test_signals_are_in_their_ranges(store: list[Order], today: int) -> None:
    """Chances lie in [0, 1], instants are in order, nothing is expected in the past, and nothing is NaN without reason."""
    fitted, signals = measured(store, "UTC", day(today))
    assert np.all((signals.p_order_90d >= 0) & (signals.p_order_90d <= 1))
    assert np.all((signals.r >= 1) & (signals.f >= 1) & (signals.m >= 1))
    assert np.array_equal(np.isnan(signals.predicted_spend_365d), np.full(signals.r.size, fitted.spend is None))
    if fitted.gaps is None:
        assert np.all(signals.late_at == NO_TIME)
        assert set(signals.lateness.tolist()) <= {""}
    else:
        assert np.all(np.isfinite(signals.usual_gap_days))
        assert np.all(signals.last_order_at < signals.late_at)
        assert np.all((signals.late_at <= signals.lapsing_at) & (signals.lapsing_at <= signals.lost_at))
        assert np.all(signals.expected_next_order_at > signals.as_of)


@settings(max_examples=25, deadline=None)
@given(orders)
def test_lateness_follows_from_the_instants(store: list[Order]) -> None:
    """A state begins exactly at its instant: measured a second before and at it, it differs."""
    _, signals = measured(store, "UTC")
    moments = (signals.late_at, signals.lapsing_at, signals.lost_at)
    for place in range(signals.r.size if signals.lateness[0] else 0):
        begins = [moment[place : place + 1] for moment in moments]
        for moment in (int(column[0]) for column in begins):
            expected = ("on_time", "late", "lapsing", "lost")
            for instant in (moment - 1, moment):
                passed = sum(instant >= int(column[0]) for column in begins)
                assert measure.lateness(instant, *begins).tolist() == [expected[passed]]
