"""The laws of the measures on histories that nobody means: no date, everything at once, one against thousands."""

import json
import math
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.signals import history, measure, model, outlook
from plugin.signals.days import to_seconds
from plugin.signals.history import PurchaseHistory
from plugin.signals.visits import boil_down
from plugin.usecases import tell_card, tell_figures
from tests.signals.made import START, after, built
from tests.signals.stores import END, Order, at, history_of, micros
from tests.signals.test_laws import measured, rows_of

#: "no date", before 1970, the same second, the last second of a day, a day that Samoa left out, orders to come
MOMENTS = st.sampled_from(
    [micros("0001-01-01"), micros("1900-01-01"), -1, 0, at(0), at(0), at(0.999988), micros("2011-12-30"), at(730), at(900), at(300_000)]
)  # fmt: skip
WORTH = st.sampled_from([-(10**15), -1, 0, 1, 1, 10**15])
hostile = st.lists(st.tuples(st.sampled_from(["", "a", "b", "-1", "é", "c" * 255]), MOMENTS, WORTH), max_size=30)
ZONES = st.sampled_from(["UTC", "Pacific/Apia", "America/Los_Angeles", "Asia/Shanghai"])


@settings(max_examples=30, deadline=None)
@given(hostile, ZONES, st.randoms(use_true_random=False))
def test_every_law_holds_for_every_history(store: list[Order], zone: str, random) -> None:
    """Order of input, later orders and company change nothing, every number is finite, and documents are plain JSON."""
    fitted, everyone = measured(store, zone)
    rows = rows_of(everyone)
    shuffled = random.sample(store, len(store))
    known = [order for order in store if order[1] <= at(731)]
    assert measured(shuffled, zone)[0] == measured(known, zone)[0] == fitted
    assert rows_of(measured(shuffled, zone)[1]) == rows_of(measured(known, zone)[1]) == rows
    whole = history_of(store, zone)
    for who, row in rows.items():
        assert rows_of(measure.measure(history.only(whole, who), fitted, END)) == {who: row}
        assert row["spend_total"] > 0
        assert all(math.isfinite(value) for value in row.values() if isinstance(value, float))
    json.dumps(fitted.to_json(), allow_nan=False)
    json.dumps(tell_figures.tell(whole, fitted, as_of=END), allow_nan=False)


def bursts(*, seed: int) -> list[tuple[str, float]]:
    """A year's buyers who come in the same five days of each year, and days on which they come."""
    rng = np.random.default_rng(seed)
    return [(f"c{n % 300}", 365.0 * (n % 4) + float(rng.uniform(0, 5))) for n in range(1_500)]


def strange() -> dict[str, list[tuple[str, float]]]:
    """Stores large enough to be learnt from: customer and day."""
    rng = np.random.default_rng(7)
    return {
        "one buys 5,000 times": [("z", n / 4) for n in range(5_000)] + [(f"c{n % 300}", float(rng.uniform(0, 1_200))) for n in range(900)],
        "only one-time buyers": [(f"c{n}", float(rng.uniform(0, 1_200))) for n in range(800)],
        "all come weekly, to the day": [(f"c{n}", 7.0 * turn + n % 7) for n in range(250) for turn in range(60)],
        "all stopped": [(f"c{n % 300}", float(rng.uniform(0, 400))) for n in range(1_500)],
        "in bursts": bursts(seed=3),
    }  # fmt: skip


@pytest.mark.parametrize("name", sorted(strange()))
def test_a_strange_store_is_learnt_from_without_a_warning(name: str) -> None:
    """Chances rise with the time ahead, ranges hold their middle, marks are numbers; what came later changes nothing."""
    rows = strange()[name]
    past = made(rows)
    fitted = model.fit(past, after(1_250))
    found = outlook.outlook(boil_down(past, to_seconds(after(1_250))), fitted)
    chances = np.stack([found.p_order[days] for days in sorted(found.p_order)])
    assert np.all((chances >= 0) & (chances <= 1))
    assert np.all(np.diff(chances, axis=0) >= 0)
    assert np.all(
        (found.next_order_low_days <= found.next_order_days) & (found.next_order_days <= found.next_order_high_days)
    )
    assert np.all(np.isfinite(found.spend_365d_high)) == (fitted.spend is not None)
    json.dumps(tell_card.tell(past, fitted, as_of=after(1_250)), allow_nan=False)
    later = made([*rows, *((f"n{n}", 1_251.0 + n) for n in range(50)), ("c1", 1_252.0)])
    assert model.fit(later, after(1_250)) == fitted


def made(rows: list[tuple[str, float]]) -> PurchaseHistory:
    ids = [who for who, _ in rows]
    return built(ids, [START + int(day * 86_400) for _, day in rows], np.full(len(rows), 2_500))


def test_a_history_ends_with_the_calendar() -> None:
    """As of the last day there is, everybody is lost and nothing overflows."""
    store = history_of([("a", at(0), 100), ("a", at(9), 100), ("b", at(3), 100)], until=END)
    late = datetime(9998, 12, 31, tzinfo=UTC)
    signals = measure.measure(store, model.fit(store, late), late)
    assert signals.lateness.tolist() == ["lost", "lost"]
    assert np.all(np.isfinite(signals.p_order_90d))
