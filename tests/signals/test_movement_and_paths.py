"""Where customers go: from group to group, from product to product, from order to order, by how they began."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings

from plugin.signals.days import to_seconds
from plugin.signals.groups import GROUPS
from plugin.signals.movement import movements
from plugin.signals.paths import funnel, main_products, paths
from plugin.signals.products import Lines
from plugin.signals.retention import full_price, simple_clv
from plugin.signals.traits import PERIOD, by_trait
from tests.signals.made import START, after, lognormal_store
from tests.signals.stores import Order, at, day, history_of, orders


def lines_of(rows: list[tuple[str, int, int, int]]) -> Lines:
    """Rows of product, customer, day and cents."""
    names = tuple(sorted({name for name, *_ in rows}))
    columns = [np.array(column, np.int64) for column in zip(*(rest for _, *rest in rows), strict=True)]
    product = np.array([names.index(name) for name, *_ in rows], np.int64)
    return Lines(product_ids=names, product=product, customer=columns[0], day=columns[1], value=columns[2])


@settings(max_examples=25, deadline=None)
@given(orders)
def test_every_customer_is_in_one_cell(store: list[Order]) -> None:
    """Rows add up to the groups of the month before, columns to those after; new customers come from the prospects."""
    past = history_of(store)
    moments = [to_seconds(day(number)) for number in (200, 400, 731)]
    first, second = movements(past, None, moments)
    before = len({customer for customer, moment, _ in store if moment <= at(400)})
    assert not first.matrix[:, GROUPS.index("prospects")].any()
    assert int(first.matrix.sum()) == before
    assert int(second.matrix.sum()) == len(past.customer_ids)
    assert int(second.net.sum()) == 0
    assert second.net[GROUPS.index("prospects")] == before - len(past.customer_ids)


def test_a_customer_who_stays_silent_moves_down() -> None:
    """A champion of a small store who does not come back is previously loyal at the end."""
    store = history_of([("best", at(10 * n), 9_000) for n in range(10)] + [(f"c{n}", at(9 * n), 500) for n in range(9)])
    (found,) = movements(store, None, [to_seconds(day(95)), to_seconds(day(600))])
    cell = (GROUPS.index("champions"), GROUPS.index("previously_loyal"))
    assert found.matrix[cell] == 1


def test_the_main_product_is_what_most_was_paid_for() -> None:
    """Of a visit's lines the dearest tells the way; ties go to the first name."""
    lines = lines_of([("b", 1, 0, 900), ("a", 1, 0, 100), ("c", 1, 5, 50), ("a", 1, 5, 50)])
    customer, days, product = main_products(lines)
    assert (customer.tolist(), days.tolist(), [lines.product_ids[code] for code in product]) == (
        [1, 1], [0, 5], ["b", "a"],
    )  # fmt: skip


def test_top_paths_are_counted_with_their_time() -> None:
    """Two go from soap to tea in 10 and 30 days, one to soap again; who came once is on no path of two."""
    rows = [
        ("soap", 1, 0),
        ("tea", 1, 10),
        ("soap", 2, 0),
        ("tea", 2, 30),
        ("soap", 3, 0),
        ("soap", 3, 4),
        ("tea", 4, 0),
    ]
    found = paths(lines_of([(*row, 100) for row in rows]), length=2)
    assert [(one.products, one.customers, one.days) for one in found] == [
        (("soap", "tea"), 2, 20.0), (("soap", "soap"), 1, 4.0),
    ]  # fmt: skip
    assert paths(lines_of([("soap", 1, 0, 1)]), length=3) == []


def test_the_funnel_tells_where_they_drop_off() -> None:
    """Ten came, four came twice, one came three times."""
    found = funnel(np.array([1] * 6 + [2] * 3 + [3]))
    assert [(rung.visit, rung.customers) for rung in found] == [(1, 10), (2, 4), (3, 1)]
    assert np.isnan(found[0].kept)
    assert [rung.kept for rung in found[1:]] == [0.4, 0.25]
    assert funnel(np.zeros(0, np.int64)) == []


def test_cohorts_by_how_customers_began_equal_pandas() -> None:
    """Share active and spend per customer in every period of 30 days, of those whose period is over."""
    store = lognormal_store(seed=8, customers=200, days=300)
    trait = np.arange(len(store.customer_ids)) % 3 - (np.arange(len(store.customer_ids)) % 7 == 0)
    found = by_trait(store, ("a", "b", "c"), trait, to_seconds(after(300)), periods=11)
    today = (START + 300 * 86_400) // 86_400
    table = pd.DataFrame({"c": store.customer, "day": store.day, "v": store.value})
    table["since"] = table.day - table.groupby("c").day.transform("min")
    for name, size, active, value in zip(found.names, found.sizes, found.active, found.value, strict=True):
        mine = table[trait[table.c] == "abc".index(name)]
        assert size == mine.c.nunique()
        for period in range(11):
            end = (period + 1) * PERIOD
            old = mine[(today - (mine.day - mine.since)) >= end]
            if not len(old):
                assert np.isnan(active[period])
                continue
            came = old[(old.since > end - PERIOD) & (old.since <= end)].c.nunique()
            assert active[period] == pytest.approx(came / old.c.nunique())
            assert value[period] == pytest.approx(old[old.since <= end].v.sum() / old.c.nunique())


def test_full_price_and_the_rule_of_thumb() -> None:
    """Three of four orders of the period had no discount; 50 a time, 4 times a year, half leave: 400."""
    when = np.array([10, 20, 30, 40, 99])
    assert full_price(when, np.array([False, True, False, False, True]), start=0, end=50) == 0.75
    assert np.isnan(full_price(when, when > 0, start=200, end=300))
    assert simple_clv(aov=50.0, frequency=4.0, churn=0.5) == 400
    assert np.isnan(simple_clv(aov=50.0, frequency=4.0, churn=0.0))
