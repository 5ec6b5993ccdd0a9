"""Small trees on top of a regression: what bends, and what holds only for some, on the log-odds scale.

Gradient boosting with Newton leaves (Friedman 2001; Chen & Guestrin 2016, equations 5 to 7): each round adds a tree of
two questions in a row, grown on histograms of the features, that takes a small step towards the outcomes. Nothing is
drawn by lot. Features are asked "above this value?", so that one customer gets the same bits alone as among all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from scipy.sparse import csr_array

from plugin.signals.arrays import Bools, Floats, Ints
from plugin.signals.logistic import chance

ROUNDS, RATE = 50, 0.1
#: customers at cut-offs that trees are grown on; more change little
MOST = 24_000
BINS = 32
#: pulls leaves towards 0, in units of variance of the outcome, and the least variance in a leaf
PULL, FEWEST = 10.0, 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trees:
    """One row per tree. Questions: at the top, then after a no, then after a yes; a customer above the value is a yes."""

    #: number of the feature asked about, and the value
    asked: tuple[tuple[int, int, int], ...]
    above: tuple[tuple[float, float, float], ...]
    #: added to the log-odds after no-no, no-yes, yes-no, yes-yes
    leaves: tuple[tuple[float, float, float, float], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain numbers."""
        return {name: [list(row) for row in getattr(self, name)] for name in ("asked", "above", "leaves")}

    @classmethod
    def from_json(cls, plain: dict[str, Any]) -> Trees:
        """The trees that gave these numbers."""
        return cls(**{name: tuple(tuple(row) for row in rows) for name, rows in plain.items()})


def grow(table: Floats, outcome: Bools, weight: Floats, start: Floats) -> Trees:
    """Trees from a table (customers x features), outcomes, weights of the rows and the log-odds to start from."""
    came, odds, values = outcome.astype(np.float64), start.copy(), _values(table)
    cells = _cells(table, values)
    by_cell = _rows_by_cell(cells, len(values) * BINS)
    grown: list[tuple[list[int], list[float], list[float]]] = []
    for _ in range(ROUNDS):
        expected = chance(odds)
        slope, curve = weight * (came - expected), weight * expected * (1 - expected)
        tree, place, leaves = _tree(cells, by_cell, values, slope, curve)
        odds += leaves[place]
        grown.append((*tree, leaves.tolist()))
    asked, above, ends = zip(*grown, strict=True)
    return Trees(asked=_rows(asked), above=_rows(above), leaves=_rows(ends))


def lift(trees: Trees, columns: Sequence[Floats]) -> Floats:
    """What the trees add to the log-odds of each customer."""
    total = np.zeros(columns[0].size)
    for asked, above, leaves in zip(trees.asked, trees.above, trees.leaves, strict=True):
        top, no, yes = (columns[feature] > value for feature, value in zip(asked, above, strict=True))
        total += np.where(top, np.where(yes, leaves[3], leaves[2]), np.where(no, leaves[1], leaves[0]))
    return total


def scaled(trees: Trees, part: float) -> Trees:
    """Trees that add so much of what these do."""
    return replace(trees, leaves=_rows([leaf * part for leaf in row] for row in trees.leaves))


def _rows(rows: Any) -> Any:
    return tuple(tuple(row) for row in rows)


def _values(table: Floats) -> list[Floats]:
    """What may be asked of each feature: its quantiles."""
    shares = np.arange(1, BINS) / BINS
    return [np.unique(np.quantile(column, shares, method="lower")) for column in table.T]


def _cells(table: Floats, values: list[Floats]) -> Ints:
    """For each row and feature, the place in the histogram of all features side by side."""
    return np.stack(
        [number * BINS + np.searchsorted(asked, table[:, number]) for number, asked in enumerate(values)], axis=1
    )


def _rows_by_cell(cells: Ints, width: int) -> Any:
    """Which rows fall into which place of the histogram: times columns of rows it is their histograms."""
    flat = cells.ravel()
    rows = np.argsort(flat, kind="stable") // cells.shape[1]
    starts = np.concatenate((np.zeros(1, np.int64), np.cumsum(np.bincount(flat, minlength=width))))
    return csr_array((np.ones(flat.size), rows, starts), shape=(width, cells.shape[0]))


def _tree(
    cells: Ints, by_cell: Any, values: list[Floats], slope: Floats, curve: Floats
) -> tuple[tuple[list[int], list[float]], Ints, Floats]:
    """The best tree of two questions in a row: its questions, where each row ends, what each end adds."""
    top, at = _question(by_cell @ slope, by_cell @ curve)
    yes = cells[:, top] > top * BINS + at
    asked, above, sides = [top], [_value(values, top, at)], []
    for here in (~yes, yes):
        # a product for each column: several at once take the machine ten times as long
        feature, place = _question(by_cell @ (here * slope), by_cell @ (here * curve))
        asked.append(feature)
        above.append(_value(values, feature, place))
        sides.append(cells[:, feature] > feature * BINS + place)
    ends = 2 * yes.astype(np.int64) + np.where(yes, sides[1], sides[0])
    sums = (np.bincount(ends, weights=column, minlength=4) for column in (slope, curve))
    slopes, curves = sums
    return (asked, above), ends, RATE * slopes / (curves + PULL)


def _question(slope: Floats, curve: Floats) -> tuple[int, int]:
    """The feature and the place of its histogram that part the rows best; the first, at its end, where none does."""
    below_slope, below_curve = (column.reshape(-1, BINS).cumsum(axis=1) for column in (slope, curve))
    all_slope, all_curve = below_slope[:, -1:], below_curve[:, -1:]
    gain = below_slope**2 / (below_curve + PULL)
    gain += (all_slope - below_slope) ** 2 / (all_curve - below_curve + PULL)
    gain[(below_curve < FEWEST) | (all_curve - below_curve < FEWEST)] = -1.0
    best = int(gain.argmax())
    return (best // BINS, best % BINS) if gain.flat[best] > 0 else (0, BINS - 1)


def _value(values: list[Floats], feature: int, place: int) -> float:
    """The value of a question; none is above infinity."""
    return float(values[feature][place]) if place < values[feature].size else float(np.finfo(np.float64).max)
