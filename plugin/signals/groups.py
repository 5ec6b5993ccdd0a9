"""Shopify's eleven names over a total, disjoint grid of recency and FM = (F + M) / 2."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

import numpy as np

from plugin.signals.arrays import Ints, Strings

GROUPS = (
    "prospects", "champions", "loyal", "active", "new", "promising",
    "needs_attention", "almost_lost", "at_risk", "previously_loyal", "dormant",
)  # fmt: skip

# Rows: recency 1 to 5. Columns: FM below 2.5, from 2.5 to below 4, from 4.
_GRID = (
    ("dormant", "at_risk", "previously_loyal"),
    ("dormant", "at_risk", "previously_loyal"),
    ("almost_lost", "needs_attention", "loyal"),
    ("promising", "active", "loyal"),
    ("new", "active", "champions"),
)
_CODES = np.array([[GROUPS.index(name) for name in row] for row in _GRID], np.int64)
_NAMES = np.array(GROUPS)


def group(*, r: Ints, f: Ints, m: Ints, order_count: Ints) -> Strings:
    """The group of each customer, from scores 1 to 5 and the number of valid orders.

    Without an order: prospects. With one order FM of 4 and more counts like that below it, so that nobody is a champion
    or loyal after one order; with more than one, "new" becomes "promising".
    """
    double = f + m
    column = (double >= 5).astype(np.int64) + (double >= 8)
    column = np.where(order_count == 1, np.minimum(column, 1), column)
    codes = _CODES[r - 1, column]
    codes = np.where((codes == GROUPS.index("new")) & (order_count != 1), GROUPS.index("promising"), codes)
    names: Strings = _NAMES[np.where(order_count <= 0, GROUPS.index("prospects"), codes)]
    return names


def moves(before: Mapping[str, str], after: Mapping[str, str]) -> dict[tuple[str, str], int]:
    """How many customers went from one group to another, by customer id; who was not there before was a prospect."""
    counted = Counter((before.get(customer_id, "prospects"), name) for customer_id, name in after.items())
    return dict(sorted(counted.items()))
