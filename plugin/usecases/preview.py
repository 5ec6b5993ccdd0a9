"""What changed rules would have done over the store's last twelve months, beside what the saved ones would have done.

The history is replayed as it was: nobody orders more because of an offer, so the cost is that of orders that came
anyway, and the share of offers that met such an order is what the merchant would have given away.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from sqlalchemy import Connection

from plugin.rewards.program import Program
from plugin.rewards.tiers import tier_of
from plugin.signals import history as purchase_history
from plugin.signals.columns import NO_TIME, Signals
from plugin.signals.measure import measure
from plugin.signals.model import StoreModel
from plugin.usecases.preview_replay import LEAD, YEAR, Past, Replay, Shopper, Turn
from storage import customers, orders, shops, snapshots
from storage.columns import EPOCH, MICROSECOND
from storage.shops import Shop

#: customers replayed; the numbers are scaled up from them
SAMPLE = 250
CHANGES_SHOWN = 5
SECOND = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class TierRow:
    """A tier of the changed rules, in its place, and how many customers are in it, before and after."""

    name: str
    saved: int
    changed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One customer for whom the rules differ: tier now, and offers with their percents over the year."""

    customer_id: str
    tiers: tuple[str, str]
    saved: tuple[int, ...]
    changed: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two replays side by side."""

    saved: Replay
    changed: Replay
    tiers: Sequence[TierRow]
    #: customers in another tier
    moved: int
    changes: Sequence[Change]


def past(db: Connection, shop: Shop, *, now: datetime) -> Past | None:
    """What a replay needs of a store, the same for all rules; None before the store was measured."""
    kept = shops.model(db, shop.shop_id)
    everyone = sorted(snapshots.ids(db, shop.shop_id))
    if kept is None or not everyone:
        return None
    model = StoreModel.from_json(kept)
    chosen = everyone[:: -(-len(everyone) // SAMPLE)]
    bought = orders.purchases(db, shop.shop_id, customer_ids=chosen, until=now)
    left_out = customers.left_out(db, shop.shop_id, chosen)
    of_each: dict[str, list[tuple[int, int]]] = {}
    for who, at, value in zip(*bought, strict=True):
        of_each.setdefault(who, []).append((at, value))
    return Past(
        shop=f"{shop.platform}|{shop.domain}",
        timezone=shop.timezone,
        now=now,
        scale=len(everyone) / len(chosen),
        shoppers=_shoppers(of_each, left_out, model, shop, now),
        spends=tuple(snapshots.spends(db, shop.shop_id)),
    )


def compare(store: Past, saved: tuple[Program, Replay], changed: tuple[Program, Replay]) -> Comparison:
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
        moved=sum(tier_of(saved[0], spend).name != tier_of(changed[0], spend).name for spend in store.spends)
        if saved[0].loyalty.tiers != changed[0].loyalty.tiers
        else 0,
        changes=_changes(store, saved, changed),
    )


def _counts(program: Program, spends: Sequence[int]) -> list[int]:
    """Customers in each tier; ``spends`` ascend."""
    starts = [0, *(bisect_right(spends, tier.spend_from - 1) for tier in program.loyalty.tiers[1:]), len(spends)]
    return [max(end - start, 0) for start, end in pairwise(starts)]


def _changes(store: Past, saved: tuple[Program, Replay], changed: tuple[Program, Replay]) -> list[Change]:
    found = []
    for shopper in store.shoppers:
        who, spend = shopper.customer_id, shopper.spend(store.now)
        tiers = (tier_of(saved[0], spend).name, tier_of(changed[0], spend).name)
        offers = (saved[1].percents.get(who, ()), changed[1].percents.get(who, ()))
        if tiers[0] != tiers[1] or offers[0] != offers[1]:
            found.append(Change(customer_id=who, tiers=tiers, saved=offers[0], changed=offers[1]))
    # the largest difference first; of equals the same ones every time
    found.sort(key=lambda one: (-abs(sum(one.saved) - sum(one.changed)), one.customer_id))
    return found[:CHANGES_SHOWN]


def _shoppers(
    of_each: dict[str, list[tuple[int, int]]], left_out: set[str], model: StoreModel, shop: Shop, now: datetime
) -> tuple[Shopper, ...]:
    """Each customer with what was known of them after each order, measured by the real code in one go.

    When someone counts as late depends on the orders so far and on nothing later, so every beginning of a
    customer's orders is measured as a customer of its own.
    """
    start = (now - YEAR - LEAD - EPOCH) // MICROSECOND
    heads: dict[str, list[tuple[int, int]]] = {}
    for who, bought in of_each.items():
        first = max(sum(at <= start for at, _value in bought), 1)
        heads |= {f"{who} {count}": bought[:count] for count in range(first, len(bought) + 1)}
    told = _measured(heads, model, shop, now)
    return tuple(
        Shopper(
            customer_id=who,
            left_out=who in left_out,
            turns=tuple(
                _turn(told.get(f"{who} {count}"), count, at, value) for count, (at, value) in enumerate(bought, 1)
            ),
        )
        for who, bought in of_each.items()
    )


def _measured(
    heads: dict[str, list[tuple[int, int]]], model: StoreModel, shop: Shop, now: datetime
) -> dict[str, tuple[Signals, int]]:
    rows = [(name, at, value) for name, bought in heads.items() for at, value in bought]
    history = purchase_history.build(
        customer_ids=[row[0] for row in rows],
        at_micros=[row[1] for row in rows],
        net_minor=[row[2] for row in rows],
        timezone=shop.timezone,
        until=now,
    )
    signals = measure(history, model, now)
    return {name: (signals, place) for place, name in enumerate(signals.customer_ids)}


def _turn(told: tuple[Signals, int] | None, count: int, at: int, value: int) -> Turn:
    moment = EPOCH + at * MICROSECOND
    if told is None:
        return Turn(count=count, at=moment, value=value)
    signals, place = told
    gap = float(signals.usual_gap_days[place])
    return Turn(
        count=count,
        at=moment,
        value=value,
        usual_gap_days=None if gap != gap else gap,  # noqa: PLR0124  # not a number
        late_at=_moment(int(signals.late_at[place])),
        lapsing_at=_moment(int(signals.lapsing_at[place])),
        lost_at=_moment(int(signals.lost_at[place])),
    )


def _moment(seconds: int) -> datetime | None:
    return None if seconds == NO_TIME else EPOCH + seconds * SECOND * MICROSECOND
