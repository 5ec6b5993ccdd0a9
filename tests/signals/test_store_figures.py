"""The store's figures: worked numbers, identities, and cells that stay empty."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.signals.cohorts import cohorts, steps
from plugin.signals.days import to_seconds
from plugin.signals.history import PurchaseHistory
from plugin.signals.retention import buying, gap_curve, retention, revenue
from plugin.signals.visits import boil_down
from tests.signals.made import START, after, lognormal_store
from tests.signals.stores import Order, at, day, history_of, micros, orders

JUNE, JULY = to_seconds(day(150)), to_seconds(day(180))


def store_of(*groups: tuple[str, int, list[int]]) -> PurchaseHistory:
    """Groups of customers: a name, how many, and the days on which each of them orders."""
    return history_of(
        [(f"{name}{n}", at(when), 1_000) for name, size, days in groups for n in range(size) for when in days]
    )


def test_the_seeds_retention_of_ninety_percent() -> None:
    """100 at the start, 20 won, 10 lost, 110 at the end: 90 % by the usual formula and by identity."""
    store = store_of(("stay", 90, [140, 170]), ("go", 10, [140]), ("new", 20, [160]))
    figures = retention(store, start=JUNE, end=JULY, window=30)
    assert (figures.active_start, figures.active_end, figures.new, figures.lost) == (100, 110, 20, 10)
    assert figures.crr == pytest.approx(0.90)
    assert figures.crr_strict == pytest.approx(0.90)


def test_the_seeds_churn_of_fifteen_percent() -> None:
    """From 100 to 85 with nobody new: 15 % churn."""
    store = store_of(("stay", 85, [140, 170]), ("go", 15, [140]))
    assert retention(store, start=JUNE, end=JULY, window=30).churn == pytest.approx(0.15)


def test_the_won_back_are_told_apart() -> None:
    """Who comes back flatters the usual formula; the strict one and the number beside it do not hide it."""
    store = store_of(("stay", 80, [140, 170]), ("go", 20, [140]), ("back", 10, [20, 170]))
    figures = retention(store, start=JUNE, end=JULY, window=30)
    assert (figures.crr, figures.crr_strict, figures.reactivated) == (pytest.approx(0.9), pytest.approx(0.8), 10)
    assert figures.reactivation_rate == pytest.approx(1.0)


def test_net_negative_churn() -> None:
    """One in four stops, the others double: revenue churn 25 %, yet 150 % of the revenue is kept."""
    store = store_of(("stay", 3, [10, 110, 111]), ("go", 1, [10]))
    spans = {"base": (to_seconds(day(0)), to_seconds(day(20))), "later": (to_seconds(day(100)), to_seconds(day(120)))}
    figures = revenue(store, **spans)
    assert (figures.churn, figures.nrr) == (pytest.approx(0.25), pytest.approx(1.5))


def test_orders_and_money_of_a_period_equal_pandas() -> None:
    """Buyers, repeat rate, frequency, order value and returning share equal a recomputation."""
    store = lognormal_store(seed=4, customers=200, days=300)
    start, end = START + 100 * 86_400, START + 200 * 86_400
    figures = buying(store, start=start, end=end)
    table = pd.DataFrame({"c": store.customer, "at": store.at, "v": store.value})
    table["again"] = table.groupby("c").cumcount() > 0
    inside = table[(table["at"] > start) & (table["at"] <= end)]
    counts = inside.groupby("c").size()
    assert (figures.buyers, figures.orders, figures.revenue) == (len(counts), len(inside), inside.v.sum())
    assert figures.repeat_rate == pytest.approx((counts >= 2).mean())
    assert figures.returning_share == pytest.approx(inside.again.mean())
    assert figures.aov == pytest.approx(inside.v.mean())
    top = inside.groupby("c").v.sum().nlargest(int(np.ceil(len(counts) / 5))).sum()
    assert figures.pareto == pytest.approx(top / inside.v.sum())


def test_an_empty_period_has_no_shares() -> None:
    """Shares of nothing are unknown, not zero."""
    figures = retention(history_of([]), start=JUNE, end=JULY, window=30)
    assert figures.active_start == 0
    assert np.isnan(figures.crr)


def test_open_gaps_count() -> None:
    """Two came back after 10 and 20 days, two are silent since 15: half of what is left at 20 days, by Kaplan-Meier."""
    curve = gap_curve(np.array([10, 20]), np.array([15, 15]), 30)
    assert curve[9] == 0
    assert curve[10] == pytest.approx(0.25)
    assert curve[20] == pytest.approx(1.0)
    assert gap_curve(np.array([10]), np.array([40, 40, 40]), 30)[30] == pytest.approx(0.25)


def test_cohort_cells_are_empty_until_their_month_is_over() -> None:
    """January's customers in February count; a month that is not over is empty, and so is everything after it."""
    store = history_of([("a", at(3), 500), ("a", at(40), 700), ("b", at(5), 300), ("c", at(35), 100)])
    table = cohorts(store, to_seconds(datetime(2024, 3, 15, tzinfo=UTC)))
    assert table.names == ("2024-01-01", "2024-02-01")
    assert table.sizes.tolist() == [2, 1]
    assert table.active[0].tolist()[:2] == [1.0, 0.5]
    assert np.isnan(table.active[0, 2])
    assert np.isnan(table.active[1, 1])
    assert table.value[0].tolist()[:2] == [400.0, 750.0]


def test_one_ancient_order_costs_no_memory() -> None:
    """An order of the year 1 beside those of today is a cohort of its own; the table has the rows of two, not of 24,000 months."""
    few = [("a", micros("0001-01-01"), 500), ("b", at(5), 300), ("b", at(40), 300)]
    table = cohorts(history_of(few), to_seconds(datetime(2024, 3, 15, tzinfo=UTC)))
    assert table.active.shape == (2, 2_023 * 12 + 3)
    assert table.names == ("0001-01-01", "2024-01-01")
    assert table.active[1].tolist()[:2] == [1.0, 1.0]
    assert np.nonzero(table.active[0] > 0)[0].tolist() == [0]
    assert np.isnan(table.active[0, -1])


def test_cohorts_equal_pandas() -> None:
    """Each cell of a store on a shop's own calendar, through changes of the clocks, equals a recomputation."""
    moments = [(customer, moment + 13 * 3_600_000_000, value) for customer, moment, value in many_orders()]
    store, end = history_of(moments, "America/Havana"), to_seconds(day(700))
    table = cohorts(store, end)
    rows = pd.DataFrame(
        {
            "c": store.customer,
            "v": store.value,
            "m": store.day.astype("datetime64[D]").astype("datetime64[M]").astype(int),
        }
    )
    rows = rows[store.at <= end]
    rows["born"] = rows.groupby("c").m.transform("min")
    last = int(rows.m.max())
    for name, size, active, value in zip(table.names, table.sizes, table.active, table.value, strict=True):
        born = int(np.datetime64(name, "M").astype(int))
        mine = rows[rows.born == born]
        assert size == mine.c.nunique()
        for age in range(last - born):
            assert active[age] == pytest.approx(mine[mine.m == born + age].c.nunique() / size)
            assert value[age] == pytest.approx(mine[mine.m <= born + age].v.sum() / size)
        assert np.isnan(active[last - born :]).all()


def many_orders() -> list[Order]:
    rng = np.random.default_rng(9)
    return [(f"c{n}", at(float(when)), 100 + n) for n in range(80) for when in rng.uniform(0, 730, 1 + n % 7)]


def test_quarters_and_years_are_calendar_ones() -> None:
    """A customer of February belongs to the quarter and the year that begin in January."""
    store = history_of([("a", at(35), 500), ("b", at(100), 500)])
    end = to_seconds(datetime(2025, 6, 1, tzinfo=UTC))
    assert cohorts(store, end, months=3).names == ("2024-01-01", "2024-04-01")
    assert cohorts(store, end, months=12).names == ("2024-01-01",)


def test_steps_count_only_those_who_had_the_time() -> None:
    """Conversion from visit n to n + 1 within H days leaves out visits younger than H days."""
    store = lognormal_store(seed=6, customers=300, days=200)
    found = steps(boil_down(store, to_seconds(after(200))), within=60)
    table = pd.DataFrame({"c": store.customer, "day": store.day}).drop_duplicates()
    table["n"] = table.groupby("c").cumcount()
    table["gap"] = table.groupby("c").day.shift(-1) - table.day
    today = boil_down(store, to_seconds(after(200))).today
    for step in found:
        rows = table[(table.n == step.visit - 1) & (today - table.day >= 60)]
        assert step.reached == len(rows)
        assert step.came_again == pytest.approx((rows.gap <= 60).mean())


@settings(max_examples=60, deadline=None)
@given(orders, st.tuples(st.integers(0, 300), st.integers(1, 400)), st.integers(20, 400))
def test_the_figures_are_their_definitions(some: list[Order], period: tuple[int, int], window: int) -> None:
    """Active, kept, lost, won back and revenue kept are what going through the customers one by one finds."""
    store = history_of(some)
    begin, length = period
    start, end = to_seconds(day(begin)), to_seconds(day(begin + length))
    bought: dict[str, list[tuple[int, int]]] = {}
    for customer, moment, worth in some:
        bought.setdefault(customer, []).append((moment // 1_000_000, worth))

    def active(mine: list[tuple[int, int]], now: int) -> bool:
        return any(now - window * 86_400 < moment <= now for moment, _ in mine)

    def spent(mine: list[tuple[int, int]], since: int, until: int) -> int:
        return sum(worth for moment, worth in mine if since < moment <= until)

    everyone = bought.values()
    at_start, at_end = ([mine for mine in everyone if active(mine, now)] for now in (start, end))
    new = [mine for mine in at_end if start < min(mine)[0] <= end]
    kept = [mine for mine in at_start if active(mine, end)]
    lapsed = [mine for mine in everyone if min(mine)[0] <= start and not active(mine, start)]
    back = [mine for mine in lapsed if active(mine, end)]
    found = retention(store, start=start, end=end, window=window)
    assert (found.active_start, found.active_end, found.new) == (len(at_start), len(at_end), len(new))
    assert (found.lost, found.reactivated) == (len(at_start) - len(kept), len(back))
    shares = (found.crr, found.crr_strict, found.churn, found.reactivation_rate)
    strict = share(len(kept), len(at_start))
    expected = (share(len(at_end) - len(new), len(at_start)), strict, 1 - strict, share(len(back), len(lapsed)))
    assert shares == pytest.approx(expected, nan_ok=True)

    earlier = (start - length * 86_400, start)
    base = [(spent(mine, *earlier), spent(mine, start, end)) for mine in everyone if spent(mine, *earlier)]
    money = revenue(store, base=earlier, later=(start, end))
    total = sum(then for then, _ in base)
    assert (money.base, money.later) == (total, sum(now for _, now in base))
    assert (money.churn, money.nrr) == pytest.approx(
        (share(sum(max(0, then - now) for then, now in base), total), share(sum(now for _, now in base), total)),
        nan_ok=True,
    )


def share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")


@given(st.lists(st.integers(0, 60), max_size=25), st.lists(st.integers(0, 60), max_size=25))
def test_the_gap_curve_is_kaplan_and_meiers(ended: list[int], still: list[int]) -> None:
    """Day by day: those who came that day among those who were still waited for, open ones for as long as they last."""
    left, expected = 1.0, []
    for now in range(51):
        waited = sum(gap >= now for gap in ended + still)
        left *= 1 - (ended.count(now) / waited if waited else 0)
        expected.append(1 - left)
    assert gap_curve(np.array(ended, np.int64), np.array(still, np.int64), 50) == pytest.approx(expected)
