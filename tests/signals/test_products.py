"""Products that come back, products that follow, traits of those who left."""

from collections import defaultdict
from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.signals.followers import followers
from plugin.signals.products import Lines, lifts, replenishment


def lines_of(rows: list[tuple[str, int, int]]) -> Lines:
    """Rows of product, customer and day."""
    names = tuple(sorted({name for name, _, _ in rows}))
    return Lines(
        product_ids=names, product=np.array([names.index(name) for name, _, _ in rows], np.int64),
        customer=np.array([customer for _, customer, _ in rows], np.int64), day=np.array([day for _, _, day in rows], np.int64),
    )  # fmt: skip


def test_a_product_is_told_from_thirty_gaps_on() -> None:
    """Forty customers buy soap every 50 days and tea once again: soap has its interval, a product with few gaps none."""
    soap = [("soap", customer, 50 * turn) for customer in range(40) for turn in range(2)]
    tea = [("tea", customer, 10 * turn) for customer in range(29) for turn in range(2)]
    found = replenishment(lines_of(soap + tea + soap))
    assert [(one.product_id, one.gaps, one.quartiles) for one in found] == [("soap", 40, (50.0, 50.0, 50.0))]


def test_followers_are_counted_from_visit_to_visit() -> None:
    """What is bought next leads the list with its median time; the same visit and other customers do not count."""
    rows = [("a", 1, 0), ("b", 1, 10), ("a", 2, 0), ("c", 2, 0), ("b", 2, 30), ("b", 3, 31)]
    assert followers(lines_of(rows)) == [("a", "b", 2, 20.0), ("c", "b", 1, 30.0)]


@given(
    st.lists(st.tuples(st.sampled_from("abcd"), st.integers(0, 3), st.integers(0, 5)), max_size=40),
    st.sampled_from([1, 3, 100]),
    st.sampled_from([2, 20]),
)
def test_followers_equal_a_count_by_hand(rows: list[tuple[str, int, int]], at_once: int, most: int) -> None:
    """Whatever the portions, the answer is that of going through each customer's visits one by one."""
    between: dict[tuple[str, str], list[int]] = defaultdict(list)
    for customer in range(4):
        visits: dict[int, set[str]] = defaultdict(set)
        for product, who, day in rows:
            if who == customer:
                visits[day].add(product)
        for here, there in pairwise(sorted(visits)):
            for one in visits[here]:
                for other in visits[there]:
                    between[one, other].append(there - here)
    counted = [(one, other, len(days), float(median(days))) for (one, other), days in between.items()]
    by_hand = sorted(counted, key=lambda row: (-row[2], row[0], row[1]))[:most]
    assert followers(lines_of(rows), most=most, at_once=at_once) == by_hand


def test_lift_tells_who_left() -> None:
    """A trait of half of those who left and a tenth of those who stayed has a lift near five."""
    trait = np.array([0] * 50 + [1] * 50 + [0] * 10 + [1] * 90)
    left = np.arange(200) < 100
    first, second = lifts(("voucher", "full price"), trait, left)
    assert (first.name, first.left, first.stayed) == ("voucher", 50, 10)
    assert first.lift == pytest.approx(5, rel=0.05)
    assert second.lift < 1


def test_nothing_bought_nothing_told() -> None:
    """Without lines there are no answers."""
    assert replenishment(lines_of([])) == []
    assert followers(lines_of([])) == []
