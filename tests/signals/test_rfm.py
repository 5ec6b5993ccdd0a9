"""Scores and groups."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plugin.signals.groups import GROUPS, group, moves
from plugin.signals.rfm import cuts, score


@given(st.lists(st.integers(-3, 8), min_size=1, max_size=40), st.lists(st.integers(-5, 10), max_size=5))
def test_a_score_is_its_definition(values: list[int], others: list[int]) -> None:
    """Scores by cuts equal 1 + floor(5 x share strictly lower), at most 5, for customers of the store and for new ones."""
    by = cuts(np.array(values, np.int64))
    asked = values + others
    expected = [min(5, 1 + 5 * sum(w < v for w in values) // len(values)) for v in asked]
    assert score(np.array(asked, np.int64), by).tolist() == expected


def test_a_store_without_customers_has_cuts() -> None:
    """An empty store gives cuts that score somebody who comes next."""
    assert score(np.array([1]), cuts(np.zeros(0, np.int64))).tolist() == [5]


@pytest.mark.parametrize("orders", [0, 1, 2, 7])
def test_every_cell_has_exactly_one_group(orders: int) -> None:
    """All 125 cells give one of the eleven names whatever the number of orders."""
    r, f, m = (np.array(column, np.int64) for column in zip(*product(range(1, 6), repeat=3), strict=True))
    names = group(r=r, f=f, m=m, order_count=np.full(125, orders))
    assert names.size == 125
    assert set(names.tolist()) <= set(GROUPS)
    for r_, f_, m_, name in zip(r.tolist(), f.tolist(), m.tolist(), names.tolist(), strict=True):
        assert name == _by_hand(r_, (f_ + m_) / 2, orders)


def _by_hand(r: int, fm: float, orders: int) -> str:
    """The table of the README, read row by row."""
    if orders == 0:
        return "prospects"
    if fm >= 4 and orders > 1:
        return {5: "champions", 4: "loyal", 3: "loyal"}.get(r, "previously_loyal")
    if fm >= 2.5:
        return {5: "active", 4: "active", 3: "needs_attention"}.get(r, "at_risk")
    if r == 5:
        return "new" if orders == 1 else "promising"
    return {4: "promising", 3: "almost_lost"}.get(r, "dormant")


def test_one_order_makes_no_champion() -> None:
    """With one order nobody is a champion, loyal or previously loyal, and only then can somebody be new."""
    grid = np.array(list(product(range(1, 6), repeat=3)), np.int64)
    one = group(r=grid[:, 0], f=grid[:, 1], m=grid[:, 2], order_count=np.ones(125, np.int64))
    two = group(r=grid[:, 0], f=grid[:, 1], m=grid[:, 2], order_count=np.full(125, 2))
    assert not {"champions", "loyal", "previously_loyal"} & set(one.tolist())
    assert "new" in one
    assert "new" not in two


def test_moves_between_groups_add_up() -> None:
    """Each customer of today is counted once, from the group of before or as a prospect."""
    counted = moves({"a": "loyal", "b": "loyal"}, {"a": "at_risk", "b": "loyal", "c": "new"})
    assert counted == {("loyal", "at_risk"): 1, ("loyal", "loyal"): 1, ("prospects", "new"): 1}
