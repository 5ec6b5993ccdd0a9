"""How customers moved between the groups from one instant to the next: the transition matrix, and the net flow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plugin.signals import cuts, rfm
from plugin.signals.arrays import Ints
from plugin.signals.gaps import GapModel
from plugin.signals.groups import GROUPS, group
from plugin.signals.history import PurchaseHistory
from plugin.signals.visits import boil_down

PROSPECTS = GROUPS.index("prospects")


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """From one instant to the next (seconds UTC). Rows and columns are ``groups.GROUPS``."""

    start: int
    end: int
    #: customers who were in the row's group and are in the column's; who had not ordered yet was a prospect
    matrix: Ints

    @property
    def net(self) -> Ints:
        """How many more each group has at the end than at the start; prospects lose those who first ordered."""
        flow: Ints = self.matrix.sum(axis=0) - self.matrix.sum(axis=1)
        return flow


def movements(history: PurchaseHistory, model: GapModel | None, instants: Sequence[int]) -> list[Movement]:
    """Between each instant and the next one, ascending. Every instant has its own cuts; ``model`` serves small stores."""
    groups = [_groups(history, model, at) for at in instants]
    size = len(GROUPS)
    found = []
    for start, end, before, after in zip(instants, instants[1:], groups, groups[1:], strict=False):
        cells = np.bincount(before * size + after, minlength=size * size).reshape(size, size)
        cells[PROSPECTS, PROSPECTS] = 0
        found.append(Movement(start=start, end=end, matrix=cells.astype(np.int64)))
    return found


def _groups(history: PurchaseHistory, model: GapModel | None, at: int) -> Ints:
    """The number of each customer's group, by code."""
    visits = boil_down(history, at)
    by = cuts.of_groups(visits, model)
    names = group(
        r=rfm.score(visits.last_day, by.recency), f=rfm.score(visits.order_count, by.frequency),
        m=rfm.score(visits.spend_total, by.monetary), order_count=visits.order_count,
    )  # fmt: skip
    found = np.full(len(history.customer_ids), PROSPECTS)
    for number, name in enumerate(GROUPS):
        found[visits.customer[names == name]] = number
    return found
