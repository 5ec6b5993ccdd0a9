"""Stores of every size: sensible answers, ranges that widen as data shrinks, and a word for what is known."""

from dataclasses import replace

import numpy as np
import pytest

from plugin.signals import history, measure, model, outlook
from plugin.signals.days import to_seconds
from plugin.signals.history import PurchaseHistory
from plugin.signals.visits import boil_down
from tests.signals.made import after, lognormal_store

DAYS = 400
KNOWN = {30: {"few_customers"}, 300: {"won", "lost", "untried"}, 3_000: {"won", "lost"}, 30_000: {"won", "lost"}}


@pytest.fixture(scope="module")
def largest() -> PurchaseHistory:
    return lognormal_store(seed=12, customers=30_000, days=DAYS, usual=60.0)


def part(whole: PurchaseHistory, size: int) -> PurchaseHistory:
    """The first customers of a store, who are like all."""
    kept = whole.customer < size
    return PurchaseHistory(
        customer_ids=whole.customer_ids[:size], customer=whole.customer[kept], at=whole.at[kept], day=whole.day[kept],
        value=whole.value[kept], timezone=whole.timezone,
    )  # fmt: skip


def test_every_size_has_sensible_answers_and_less_data_wider_ranges(largest: PurchaseHistory) -> None:
    """Thirty customers alike in stores of 30 to 30,000: near the truth in each, and the ranges narrow as stores grow."""
    dates, spends = [], []
    for size, words in KNOWN.items():
        store = part(largest, size)
        fitted = model.fit(store, after(DAYS))
        assert fitted.why in words
        assert (fitted.in_use == "mixture") is (bool(fitted.mixtures))
        signals = measure.measure(part(store, 30), fitted, after(DAYS))
        assert 25 < float(np.median(signals.usual_gap_days)) < 110
        assert np.all((signals.p_order_90d > 0) & (signals.p_order_90d < 1))
        found = outlook.outlook(boil_down(part(store, 30), to_seconds(after(DAYS))), fitted)
        assert np.all(found.next_order_low_days <= found.next_order_days)
        assert np.all(found.next_order_days <= found.next_order_high_days)
        assert np.all(found.spend_365d_low <= found.spend_365d_high)
        dates.append(float(np.mean(found.next_order_high_days - found.next_order_low_days)))
        spends.append(float(np.mean(outlook_width(found))))
    assert dates[0] > dates[-1]
    assert spends[0] > spends[-1]


def test_ranges_widen_when_the_same_model_rests_on_less(largest: PurchaseHistory) -> None:
    """With everything else equal, fewer gaps mean wider ranges, always."""
    store = part(largest, 3_000)
    fitted = model.fit(store, after(DAYS))
    assert fitted.gaps is not None
    visits = boil_down(part(store, 200), to_seconds(after(DAYS)))
    widths = []
    for gaps in (5, 50, 500, 5_000):
        found = outlook.outlook(visits, replace(fitted, gaps=replace(fitted.gaps, gaps=gaps)))
        widths.append(
            (
                float(np.mean(found.next_order_high_days - found.next_order_low_days)),
                float(np.mean(outlook_width(found))),
            )
        )
    assert widths == sorted(widths, reverse=True)
    assert widths[0][1] > widths[-1][1]


def outlook_width(found: outlook.Outlook) -> np.ndarray:
    return (found.spend_365d_high - found.spend_365d_low) / np.maximum(found.spend_365d, 1)


def test_one_customer_of_a_small_store_is_told_what_is_typical() -> None:
    """Below two gaps a usual gap is the store's; a customer alone in the world still gets one once there is a gap."""
    store = lognormal_store(seed=1, customers=3, days=200, leave=0.01)
    signals = measure.measure(store, model.fit(store, after(200)), after(200))
    assert np.all(np.isfinite(signals.usual_gap_days))
    assert history.only(store, "nobody").at.size == 0
