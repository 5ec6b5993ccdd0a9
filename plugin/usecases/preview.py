"""What changed rules would have done over the store's last twelve months, beside what the saved ones would have done.

The history is replayed as it was: nobody orders more because of an offer, so the cost is that of orders that came
anyway, and the share of offers that met such an order is what the merchant would have given away.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

from sqlalchemy import Connection

from plugin.rewards.decision import Benefit
from plugin.rewards.program import Program
from plugin.rewards.tiers import tier_of
from plugin.usecases.backtest import load
from plugin.usecases.backtest.past import Past, Plan, Rule
from plugin.usecases.backtest.run import Progress, replay
from plugin.usecases.backtest.summary import YEAR, Summary, summed
from storage.columns import to_micros
from storage.shops import Shop

#: customers replayed for a quick answer; the numbers are scaled up from them
SAMPLE = 250
#: replayed before the year, so that it does not begin as if nobody had ever got an offer
LEAD = timedelta(days=90)
CHANGES_SHOWN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRow:
    """A tier of the changed rules, in its place, and how many customers are in it, before and after."""

    name: str
    saved: int
    changed: int


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
    before, after = _counts(saved[0], store.spends), _counts(changed[0], store.spends)
    names = [tier.name for tier in changed[0].loyalty.tiers]
    rows = [
        TierRow(name=name, saved=before[place] if place < len(before) else 0, changed=after[place])
        for place, name in enumerate(names)
    ]
    gone = list(zip(saved[0].loyalty.tiers, before, strict=True))[len(names) :]
    rows += [TierRow(name=tier.name, saved=count, changed=0) for tier, count in gone]
    return Comparison(
        saved=saved[1],
        changed=changed[1],
        tiers=rows,
        moved=_moved(saved[0], changed[0], store.spends),
        changes=_changes(store, saved, changed),
    )


def _counts(program: Program, spends: Sequence[int]) -> list[int]:
    """Customers in each tier; ``spends`` ascend."""
    starts = [0, *(bisect_right(spends, tier.spend_from - 1) for tier in program.loyalty.tiers[1:]), len(spends)]
    return [max(end - start, 0) for start, end in pairwise(starts)]


def _moved(saved: Program, changed: Program, spends: Sequence[int]) -> int:
    """Customers whose tier has another name, counted from bound to bound; ``spends`` ascend."""
    bounds = sorted({0, *(tier.spend_from for program in (saved, changed) for tier in program.loyalty.tiers)})
    places = [0, *(bisect_right(spends, bound - 1) for bound in bounds[1:]), len(spends)]
    differ = (tier_of(saved, bound).name != tier_of(changed, bound).name for bound in bounds)
    return sum(end - start for (start, end), moves in zip(pairwise(places), differ, strict=True) if moves)


def _changes(store: Past, saved: tuple[Program, Summary], changed: tuple[Program, Summary]) -> list[Change]:
    found = []
    for place, who in enumerate(store.customers):
        spend = store.spend(place)
        tiers = (tier_of(saved[0], spend).name, tier_of(changed[0], spend).name)
        gifts = (saved[1].gifts.get(who, ()), changed[1].gifts.get(who, ()))
        if tiers[0] != tiers[1] or gifts[0] != gifts[1]:
            found.append(Change(customer_id=who, tiers=tiers, saved=gifts[0], changed=gifts[1]))
    # the largest difference first; of equals the same ones every time
    found.sort(key=lambda one: (-abs(_worth(one.saved) - _worth(one.changed)), one.customer_id))
    return found[:CHANGES_SHOWN]


def _worth(gifts: Sequence[Benefit]) -> int:
    return sum(gift.cap for gift in gifts)
