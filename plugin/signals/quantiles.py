"""When a given share of a store's customers has come back, by how many orders they had; no person's own rhythm in it."""

from __future__ import annotations

import numpy as np

from plugin.signals.gaps import PLACES, GapModel, Rhythm, days


def by_order_number(model: GapModel, share: float) -> tuple[float, ...]:
    """Days within which ``share`` (one of ``gaps.SHARES``) of those who come back did so after one, two, more orders."""
    spread = np.sqrt(np.array(model.within) + model.between)
    found = days(model, Rhythm(mean=np.array(model.means), sd=spread), share)
    return tuple(float(each) for each in found)


def of_count(table: tuple[float, ...], order_count: int) -> float:
    """The entry of such a table for a customer with so many orders."""
    return table[min(max(order_count, 1), PLACES) - 1]
