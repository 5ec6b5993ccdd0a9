"""The document of a shop's figures: sums of what the signals say, in plain JSON, whatever the history."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.signals import history, measure, model
from plugin.signals.history import PurchaseHistory
from plugin.usecases import tell_figures

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def made(orders: list[tuple[int, float, int]], timezone: str = "Europe/Berlin") -> PurchaseHistory:
    """A history of (customer, days before now, cents)."""
    moments = [NOW - timedelta(days=days) for _, days, _ in orders]
    return history.build(
        customer_ids=[f"c{who}" for who, _, _ in orders],
        at_micros=[(moment - EPOCH) // timedelta(microseconds=1) for moment in moments],
        net_minor=[cents for _, _, cents in orders], timezone=timezone, until=NOW,
    )  # fmt: skip


ORDERS = st.lists(st.tuples(st.integers(0, 9), st.floats(0, 800, allow_nan=False), st.integers(1, 50_000)), max_size=40)


@settings(max_examples=40, deadline=None)
@given(ORDERS)
def test_every_history_has_a_document_of_plain_numbers(orders: list[tuple[int, float, int]]) -> None:
    """No history, one order or many: plain JSON without NaN, and its parts add up."""
    past = made(orders)
    told = tell_figures.tell(past, model.fit(past, NOW), as_of=NOW)
    json.dumps(told, allow_nan=False)

    assert told["orders"] == len(orders)
    assert told["customers"] == len({who for who, _, _ in orders})
    for gaps in told["gaps"].values():
        assert sum(gaps["bars"]) + gaps["beyond"] == gaps["count"]
    assert told["gaps"]["first"]["count"] == told["rhythmic"]
    assert all(len(row) <= tell_figures.MONTHS for row in told["cohorts"]["active"])
    assert len(told["months"]) == tell_figures.MONTHS + 1


def test_a_standing_of_now_is_the_measurement_of_now() -> None:
    """The last point of the line counts the customers as the night has measured them."""
    past = made([(who, who + 40 * turn, 1_000) for who in range(40) for turn in range(1 + who % 5)])
    fitted = model.fit(past, NOW)
    told = tell_figures.tell(past, fitted, as_of=NOW)["months"][-1]
    states = measure.measure(past, fitted, NOW).lateness.tolist()

    assert {name: told[name] for name in ("on_time", "late", "lapsing", "lost")} == {
        name: states.count(name) for name in ("on_time", "late", "lapsing", "lost")
    }


def test_later_orders_change_no_point_of_the_line_before_them() -> None:
    """A point sees the orders up to it, so a year told by one model stays as it was."""
    orders = [(who, 10 + 3 * who + 30 * turn, 1_000) for who in range(30) for turn in range(5)]
    early, late = made(orders), made([*orders, (3, 1, 5_000), (99, 2, 700)])
    fitted = model.fit(early, NOW)
    before, after = (tell_figures.tell(past, fitted, as_of=NOW)["months"][:-1] for past in (early, late))

    assert before == after


def test_a_period_is_compared_with_one_that_was_watched_whole() -> None:
    """A shop of 40 days has no 30 days before these to compare with; one of a year has."""
    young, old = made([(1, 40, 100), (2, 3, 100)]), made([(1, 400, 100), (2, 3, 100)])
    told = [tell_figures.tell(past, model.fit(past, NOW), as_of=NOW)["periods"]["30"] for past in (young, old)]

    assert [period["before"] is None for period in told] == [True, False]


def test_cohorts_end_where_time_has_not_come() -> None:
    """A month that is not over has no cell: an empty cell is no zero."""
    told = tell_figures.tell(past := made([(1, 70, 100), (2, 35, 100)]), model.fit(past, NOW), as_of=NOW)["cohorts"]

    assert told["names"] == ["2026-09-01", "2026-10-01"]
    assert [len(row) for row in told["active"]] == [2, 1]
