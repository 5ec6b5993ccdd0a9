"""How many of a store's customers were on time, late, lapsing and lost at instants of the past.

Each instant sees only the orders up to it. The store's rhythm is that of today's model, so that two instants differ by
what the customers did and not by what the model has learnt in between.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plugin.signals import measure
from plugin.signals.history import PurchaseHistory
from plugin.signals.model import StoreModel
from plugin.signals.visits import boil_down

STATES = ("on_time", "late", "lapsing", "lost")


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Customers in each state at an instant (seconds UTC, inclusive); all 0 where the model knows no rhythm."""

    at: int
    #: with an order by then
    customers: int
    on_time: int
    late: int
    lapsing: int
    lost: int


def standings(history: PurchaseHistory, model: StoreModel, instants: Sequence[int]) -> list[Standing]:
    """The standing at each instant, in the given order."""
    return [_standing(history, model, at) for at in instants]


def _standing(history: PurchaseHistory, model: StoreModel, at: int) -> Standing:
    visits = boil_down(history, at)
    states = measure.rhythm(visits, model)["lateness"]
    counts = {name: int(np.count_nonzero(states == name)) for name in STATES}
    return Standing(at=at, customers=int(visits.customer.size), **counts)
