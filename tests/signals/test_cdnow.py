"""The whole CDNOW file measured, against a recomputation that shares no code with ours."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from plugin.signals import measure, model
from plugin.signals.columns import Signals
from tests.signals.stores import Order, cdnow, history_of

END = datetime(1998, 6, 30, 23, 59, 59, tzinfo=UTC)


@pytest.fixture(scope="module")
def store() -> list[Order]:
    return cdnow("cdnow_master.csv.gz")


@pytest.fixture(scope="module")
def signals(store: list[Order]) -> Signals:
    purchases = history_of(store)
    # the lessons of the tenth serve the whole, though it is larger
    lessons = replace(
        model.fit(history_of(cdnow("cdnow_sample.csv.gz")), END), learnt_buyers=len(purchases.customer_ids)
    )
    return measure.measure(purchases, model.fit(purchases, END, earlier=lessons), END)


@pytest.fixture(scope="module")
def table(store: list[Order]) -> pd.DataFrame:
    orders = pd.DataFrame(store, columns=["customer", "at", "value"])
    return orders.groupby("customer").agg(last=("at", "max"), n=("at", "size"), spent=("value", "sum")).sort_index()


def test_scores_equal_a_recomputation(signals: Signals, table: pd.DataFrame) -> None:
    """Recency, frequency and value scores equal pandas' share of strictly lower values, several orders a day each counted."""
    assert list(signals.customer_ids) == table.index.tolist()
    assert signals.order_count.tolist() == table.n.tolist()
    for ours, column in ((signals.r, table["last"]), (signals.f, table.n), (signals.m, table.spent)):
        lower = column.rank(method="min").astype(int) - 1
        assert ours.tolist() == (1 + 5 * lower // len(table)).clip(upper=5).tolist()


def test_equal_values_score_equal(signals: Signals) -> None:
    """One score for each number of orders, each sum and each last day."""
    for values, scores in (
        (signals.order_count, signals.f), (signals.spend_total, signals.m), (signals.recency_days, signals.r),
    ):  # fmt: skip
        pairs = set(zip(values.tolist(), scores.tolist(), strict=True))
        assert len(pairs) == len(set(values.tolist()))


def test_median_gaps_equal_a_recomputation(signals: Signals, store: list[Order]) -> None:
    """The median gap is that of the days between days with an order, and there is none below two gaps."""
    days: dict[str, set[int]] = {}
    for customer_id, at, _ in store:
        days.setdefault(customer_id, set()).add(at // 86_400_000_000)
    for customer_id, ours in zip(signals.customer_ids, signals.median_gap_days.tolist(), strict=True):
        gaps = np.diff(sorted(days[customer_id]))
        assert ours == np.median(gaps) if gaps.size >= 2 else np.isnan(ours)


def test_most_of_the_eleven_groups_occur(signals: Signals) -> None:
    """A real store fills the grid: no group swallows half of the customers."""
    shares = Counter(signals.group.tolist())
    assert len(shares) >= 8
    assert max(shares.values()) < len(signals.customer_ids) / 2
