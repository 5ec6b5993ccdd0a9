"""The numbers that the overview speaks of, read in one look at the database, without a word."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from plugin.pages import formats
from plugin.rewards.problem import InvalidProgram
from plugin.rewards.program import Program
from plugin.rewards.stored import from_stored
from storage import budgets, inbox, offers, programs, reports, snapshots
from storage.budgets import Budget
from storage.inbox import Aside
from storage.offers import Offer
from storage.shops import Shop

NEWEST = 6
ASIDE_SHOWN = 5
#: author of a program that no merchant has touched
PROPOSAL = "Regulars"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One shop at one moment. Money is minor units."""

    now: datetime
    shop: Shop
    program: Program | None
    #: False while the rules in force are the proposal
    chosen: bool
    orders: int
    #: customers with at least one valid order, and with at least two
    buyers: int
    returning: int
    #: (recency, value) from 1 to 5 to customers
    cells: Mapping[tuple[int, int], int]
    groups: Mapping[str, int]
    lateness: Mapping[str, int]
    #: (kind, state) to offers
    offers: Mapping[tuple[str, str], int]
    cost: int
    month: str
    budget: Budget
    newest: Sequence[Offer]
    aside: Sequence[Aside]
    aside_count: int
    #: when the oldest delivery that waits came in
    waiting_since: datetime | None

    def in_states(self, *states: str) -> int:
        """Offers of all kinds in these states."""
        return sum(count for (_, state), count in self.offers.items() if state in states)


def gather(db: Any, shop: Shop, *, now: datetime) -> Figures:
    """Reads everything."""
    shop_id = shop.shop_id
    stored = programs.current(db, shop_id)
    month = f"{now.astimezone(formats.zone(shop.timezone)):%Y-%m}"
    sums = reports.overview(db, shop_id, now)
    scores = snapshots.score_counts(db, shop_id)
    return Figures(
        now=now,
        shop=shop,
        program=_program(stored.body) if stored else None,
        chosen=stored is not None and stored.author != PROPOSAL,
        orders=sums.orders,
        buyers=sum(scores.values()),
        returning=snapshots.returning(db, shop_id),
        cells=_cells(scores),
        groups=snapshots.group_counts(db, shop_id),
        lateness=snapshots.lateness_counts(db, shop_id, now),
        offers={(kind, state): count for kind, states in sums.offers.items() for state, count in states.items()},
        cost=sums.cost_minor,
        month=month,
        budget=budgets.state(db, shop_id, month),
        newest=offers.newest(db, shop_id, NEWEST),
        aside=inbox.aside(db, shop_id, ASIDE_SHOWN),
        aside_count=sums.aside,
        waiting_since=sums.oldest_waiting,
    )


def _program(body: dict[str, Any]) -> Program | None:
    try:
        return from_stored(body)
    except InvalidProgram:
        return None


def _cells(scores: Mapping[tuple[int, int, int], int]) -> dict[tuple[int, int], int]:
    """Value is the mean of frequency and money, halves up."""
    cells: dict[tuple[int, int], int] = {}
    for (r, f, m), count in scores.items():
        cell = (r, (f + m + 1) // 2)
        cells[cell] = cells.get(cell, 0) + count
    return cells
