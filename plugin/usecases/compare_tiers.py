"""Who is in which tier under two sets of rules, as things stand now.

Where spend alone decides, all customers of the store are counted. Where orders, a grace or other thresholds do, the
tiers of the customers that are replayed are, each over all of their orders, and the numbers are scaled up from them.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from plugin.rewards.program import Program
from plugin.rewards.standing_tier import is_plain, standing_tier
from plugin.rewards.tiers import tier_of
from plugin.usecases.backtest.past import Past
from storage.columns import to_micros

SECOND = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRow:
    """A tier of the changed rules, in its place, and how many customers are in it, before and after."""

    name: str
    saved: int
    changed: int


def name_now(store: Past, place: int, program: Program) -> str:
    """The name of the tier that a replayed customer holds under a program."""
    return program.loyalty.tiers[_held(store, place, program)].name


def rows(store: Past, saved: Program, changed: Program) -> list[TierRow]:
    """Each place of a tier, under the changed name where there is one."""
    before, after = _counts(store, saved), _counts(store, changed)
    found = [
        TierRow(name=tier.name, saved=before[place] if place < len(before) else 0, changed=after[place])
        for place, tier in enumerate(changed.loyalty.tiers)
    ]
    gone = list(zip(saved.loyalty.tiers, before, strict=True))[len(found) :]
    return found + [TierRow(name=tier.name, saved=count, changed=0) for tier, count in gone]


def moved(store: Past, saved: Program, changed: Program) -> int:
    """Customers whose tier has another name."""
    if is_plain(saved.loyalty) and is_plain(changed.loyalty):
        return _moved_by_spend(saved, changed, store.spends)
    places = range(len(store.customers))
    return round(sum(name_now(store, one, saved) != name_now(store, one, changed) for one in places) * store.scale)


def _counts(store: Past, program: Program) -> list[int]:
    """Customers in each tier, by its place."""
    tiers = program.loyalty.tiers
    if is_plain(program.loyalty):
        starts = [0, *(bisect_right(store.spends, tier.spend_from - 1) for tier in tiers[1:]), len(store.spends)]
        return [max(end - start, 0) for start, end in pairwise(starts)]
    held = Counter(_held(store, place, program) for place in range(len(store.customers)))
    return [round(held[place] * store.scale) for place in range(len(tiers))]


def _moved_by_spend(saved: Program, changed: Program, spends: Sequence[int]) -> int:
    """Counted from bound to bound; ``spends`` ascend."""
    bounds = sorted({0, *(tier.spend_from for program in (saved, changed) for tier in program.loyalty.tiers)})
    places = [0, *(bisect_right(spends, bound - 1) for bound in bounds[1:]), len(spends)]
    differ = (tier_of(saved, bound).name != tier_of(changed, bound).name for bound in bounds)
    return sum(end - start for (start, end), moves in zip(pairwise(places), differ, strict=True) if moves)


def _held(store: Past, place: int, program: Program) -> int:
    """The place of a customer's tier among the program's."""
    if is_plain(program.loyalty):
        return program.loyalty.tiers.index(tier_of(program, store.spend(place)))
    first, last = store.versions.starts[place], store.versions.starts[place + 1] - 1
    seconds, values = store.versions.rows(last) if last >= first else ((), ())
    return standing_tier([one * SECOND for one in seconds], values, program.loyalty, to_micros(store.now)).place
