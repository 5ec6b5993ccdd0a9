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
from numpy.typing import NDArray
from scipy.sparse import csc_array

from plugin.signals.arrays import Bools, Floats, Ints
from plugin.signals.logistic import chance

#: places in a histogram; half as long as other whole numbers, since they are read again and again
Places = NDArray[np.int32]

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
    grid = _grid(_cells(table, values))
    grown: list[tuple[list[int], list[float], list[float]]] = []
    for _ in range(ROUNDS):
        expected = chance(odds)
        slope, curve = weight * (came - expected), weight * expected * (1 - expected)
        tree, place, leaves = _tree(grid, values, slope, curve)
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


def _cells(table: Floats, values: list[Floats]) -> Places:
    """For each row and feature, the place in the histogram of all features side by side."""
    cells = np.empty(table.shape, np.int32)
    for number, asked in enumerate(values):
        cells[:, number] = number * BINS + np.searchsorted(asked, table[:, number])
    return cells


@dataclass(frozen=True, slots=True, kw_only=True)
class _Grid:
    """Rows by their places in the histogram of all features, as a sparse matrix takes them."""

    cells: Places
    #: one for each place, and where each row's begin
    ones: Floats
    starts: Places

    def sums(self, side: Bools, *columns: Floats) -> list[Floats]:
        """The columns' histograms (side x all places) of the rows on either side.

        Row by row, so that the sums stay in the fastest memory. A product for each column: several at once take the
        machine ten times as long.
        """
        width = self.cells.shape[1] * BINS
        places = self.cells + (side * np.int32(width))[:, None]
        by_place = csc_array((self.ones, places.ravel(), self.starts), shape=(2 * width, side.size))
        return [(by_place @ column).reshape(2, width) for column in columns]


def _grid(cells: Places) -> _Grid:
    starts = np.arange(0, cells.size + 1, cells.shape[1], dtype=np.int32)
    return _Grid(cells=cells, ones=np.ones(cells.size), starts=starts)


def _tree(
    grid: _Grid, values: list[Floats], slope: Floats, curve: Floats
) -> tuple[tuple[list[int], list[float]], Ints, Floats]:
    """The best tree of two questions in a row: its questions, where each row ends, what each end adds."""
    slopes, curves = grid.sums(np.zeros(slope.size, np.bool_), slope, curve)
    top, at = _question(slopes[0], curves[0])
    yes = grid.cells[:, top] > top * BINS + at
    asked, above, sides = [top], [_value(values, top, at)], []
    for of_slope, of_curve in zip(*grid.sums(yes, slope, curve), strict=True):
        feature, place = _question(of_slope, of_curve)
        asked.append(feature)
        above.append(_value(values, feature, place))
        sides.append(grid.cells[:, feature] > feature * BINS + place)
    ends = 2 * yes.astype(np.int64) + np.where(yes, sides[1], sides[0])
    of_ends = (np.bincount(ends, weights=column, minlength=4) for column in (slope, curve))
    all_slope, all_curve = of_ends
    return (asked, above), ends, RATE * all_slope / (all_curve + PULL)


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
