"""Trees: the questions they ask, and what they add."""

from __future__ import annotations

import numpy as np
import pytest

from plugin.signals import trees
from plugin.signals.arrays import Bools, Floats
from plugin.signals.logistic import chance, odds

ROWS, FEATURES = 1_500, 4


@pytest.mark.parametrize("seed", range(3))
def test_a_tree_asks_what_parts_its_rows_best(seed: int) -> None:
    """No other question at the top, nor on either side of it, would have parted the rows better."""
    table, came = _asked(seed)
    weight, start = np.random.default_rng(seed).uniform(0.3, 1, ROWS), np.full(ROWS, -0.5)
    first = trees.grow(table, came, weight, start)
    top = table[:, first.asked[0][0]] > first.above[0][0]
    for number, rows in enumerate((np.ones(ROWS, np.bool_), ~top, top)):
        gains = _gains(table[rows], came[rows], weight[rows], start[rows], _values(table))
        feature, above = first.asked[0][number], first.above[0][number]
        assert gains[feature, above] == pytest.approx(max(gains.values()))


def test_trees_learn_what_holds_only_for_some() -> None:
    """What one feature says of those alone who are high in another is added to them and not to the rest."""
    table, _ = _asked(9)
    together = (table[:, 0] > 0) & (table[:, 1] > 0)
    came = np.random.default_rng(9).random(ROWS) < np.where(together, 0.8, 0.2)
    grown = trees.grow(table, came, np.ones(ROWS), np.zeros(ROWS))
    added = trees.lift(grown, list(table.T))
    assert added[together].mean() > 0.5
    assert np.abs(added[~together] - odds(np.full(1, 0.2))).mean() < 0.3


def test_nothing_to_tell_apart_adds_the_level_alone() -> None:
    """Customers who are all alike get the same from every tree, whatever they did."""
    came = np.arange(ROWS) % 4 == 0
    added = trees.lift(trees.grow(np.ones((ROWS, 2)), came, np.ones(ROWS), np.zeros(ROWS)), [np.ones(ROWS)] * 2)
    assert np.ptp(added) == 0
    assert chance(added)[0] == pytest.approx(0.25, abs=0.01)


def _asked(seed: int) -> tuple[Floats, Bools]:
    """Features of which one has few values, and outcomes that two of them bear on."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(ROWS, FEATURES))
    table[:, 2] = np.round(table[:, 2])
    return table, rng.random(ROWS) < chance(table[:, 0] + (table[:, 2] > 0) * table[:, 3])


def _values(table: Floats) -> list[Floats]:
    shares = np.arange(1, trees.BINS) / trees.BINS
    return [np.unique(np.quantile(column, shares, method="lower")) for column in table.T]


def _gains(
    table: Floats, came: Bools, weight: Floats, start: Floats, values: list[Floats]
) -> dict[tuple[int, float], float]:
    """What every question would gain, each reckoned by itself."""
    told = chance(start)
    slope, curve = weight * (came - told), weight * told * (1 - told)
    gains = {}
    for feature, column in enumerate(table.T):
        for above in values[feature].tolist():
            sides = [column > above, column <= above]
            if min(curve[side].sum() for side in sides) >= trees.FEWEST:
                gains[feature, above] = sum(slope[side].sum() ** 2 / (curve[side].sum() + trees.PULL) for side in sides)
    return gains
