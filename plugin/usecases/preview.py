"""What changed rules would have done over the store's last twelve months, beside what the saved ones would have done.

The history is replayed as it was: nobody orders more because of an offer, so the cost is that of orders that came
anyway, and the share of offers that met such an order is what the merchant would have given away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.rewards.decision import Benefit
from plugin.rewards.program import Program
from plugin.usecases import compare_tiers
from plugin.usecases.backtest import load
from plugin.usecases.backtest.past import Past, Plan, Rule
from plugin.usecases.backtest.run import Progress, replay
from plugin.usecases.backtest.summary import YEAR, Summary, summed
from plugin.usecases.compare_tiers import TierRow
from storage.columns import to_micros
from storage.shops import Shop

#: customers replayed for a quick answer; the numbers are scaled up from them
SAMPLE = 250
#: replayed before the year, so that it does not begin as if nobody had ever got an offer
LEAD = timedelta(days=90)
CHANGES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One customer for whom the rules differ: tier now, and what their offers of the year give, oldest first."""

    customer_id: str
    tiers: tuple[str, str]
    saved: tuple[Benefit, ...]
    changed: tuple[Benefit, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two replays side by side."""

    saved: Summary
    changed: Summary
    tiers: Sequence[TierRow]
    #: customers in another tier
    moved: int
    changes: Sequence[Change]


def past(db: Connection, shop: Shop, *, now: datetime, sample: int | None = SAMPLE) -> Past | None:
    """What replays need of a store, the same for all rules; None before the store was measured.

    ``sample``: about so many customers; None: all of them.
    """
    return load.past(db, shop, now=now, start=now - YEAR - LEAD, sample=sample)


def nights(store: Past) -> int:
    """How many nights each replay goes through."""
    return len(store.nights)


def year(store: Past, program: Program, progress: Progress = lambda _nights: None) -> Summary:
    """The last year under a program, as if it had been live."""
    start = Rule(at=to_micros(store.now - YEAR - LEAD), program=replace(program, mode="live", rollout_percent=100))
    return summed(replay(store, Plan(rules=[start]), progress), since=store.now - YEAR)


def compare(store: Past, saved: tuple[Program, Summary], changed: tuple[Program, Summary]) -> Comparison:
    """What is different under the changed program."""
    return Comparison(
        saved=saved[1],
        changed=changed[1],
        tiers=compare_tiers.rows(store, saved[0], changed[0]),
        moved=compare_tiers.moved(store, saved[0], changed[0]),
        changes=_changes(store, saved, changed),
    )


def _changes(store: Past, saved: tuple[Program, Summary], changed: tuple[Program, Summary]) -> list[Change]:
    found = []
    for place, who in enumerate(store.customers):
        tiers = (
            compare_tiers.name_now(store, place, saved[0]),
            compare_tiers.name_now(store, place, changed[0]),
        )
        gifts = (saved[1].gifts.get(who, ()), changed[1].gifts.get(who, ()))
        if tiers[0] != tiers[1] or gifts[0] != gifts[1]:
            found.append(Change(customer_id=who, tiers=tiers, saved=gifts[0], changed=gifts[1]))
    # the largest difference first; of equals the same ones every time
    found.sort(key=lambda one: (-abs(_worth(one.saved) - _worth(one.changed)), one.customer_id))
    return found[:CHANGES_SHOWN]


def _worth(gifts: Sequence[Benefit]) -> int:
    return sum(gift.cap for gift in gifts)
