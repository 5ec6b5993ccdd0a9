"""A store as it stood on earlier days, with what its customers did next: what models learn from and are tried on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Bools, Floats
from plugin.signals.days import DAY
from plugin.signals.history import PurchaseHistory
from plugin.signals.visits import Visits, boil_down

#: days between cut-offs
STEP = 30
#: a store is looked back at from so many days after its first order on
YOUNGEST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """The customers of one cut-off. Nothing in ``visits`` is later than it."""

    visits: Visits
    #: days from the cut-off to the next visit; infinite where none is known
    next_visit: Floats
    #: days between the cut-off and today: outcomes within at most so many days are known
    known: int

    def came(self, within: int) -> Bools:
        """Who visited within so many days of the cut-off."""
        return self.next_visit <= within


def snapshots(history: PurchaseHistory, as_of: int, *, most: int) -> list[Snapshot]:
    """The store as it stood 30, 60, 90 … days before ``as_of`` (seconds UTC), the newest first, at most so many."""
    if history.at.size == 0:
        return []
    first = int(history.at.min())
    cuts = [as_of - back * STEP * DAY for back in range(1, most + 1)]
    return [snapshot(history, cut, as_of) for cut in cuts if cut >= first + YOUNGEST * DAY]


def snapshot(history: PurchaseHistory, cut: int, as_of: int) -> Snapshot:
    """The store as it stood at one instant, and what happened from the day after it until ``as_of``."""
    visits = boil_down(history, cut)
    after = (history.at > cut) & (history.at <= as_of) & (history.day > visits.today)
    customers, days = history.customer[after], history.day[after]
    first = np.append(True, customers[1:] != customers[:-1])[: customers.size]
    wait = np.full(len(history.customer_ids), np.inf)
    wait[customers[first]] = days[first] - visits.today
    return Snapshot(visits=visits, next_visit=wait[visits.customer], known=(as_of - cut) // DAY)
