"""Holds a replay to what was really decided: the same rules over the same days must make the same offers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from plugin.rewards import benefit
from plugin.rewards.program import Program
from plugin.usecases.backtest import load, really
from plugin.usecases.backtest.made import Made
from plugin.usecases.backtest.past import Plan, Rule
from plugin.usecases.backtest.run import Progress, replay
from storage.columns import EPOCH, MICROSECOND, to_micros
from storage.offers import Offer
from storage.shops import Shop


class Told(NamedTuple):
    """An offer, without its code."""

    customer_id: str
    created_at: datetime
    rule: str
    step: str
    cycle: str
    #: percent, fixed, …, and how much
    gives: tuple[str, int]
    held_out: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What was really made and what a replay made, each in the order of time."""

    really: tuple[Told, ...]
    replayed: tuple[Told, ...]

    @property
    def in_both(self) -> int:
        """Offers that are equal in all parts."""
        return len(set(self.really) & set(self.replayed))


def against_the_books(
    db: Connection,
    shop: Shop,
    *,
    since: datetime,
    now: datetime,
    instead: Program | None = None,
    progress: Progress = lambda _nights: None,
) -> Compared | None:
    """The offers made after ``since``, and those of a replay of the rules that were in force, or of others from then on.

    What was really made before, and what became of it, is taken as it was. None before the shop was measured.
    """
    rules = really.rules(db, shop, at=since)
    made = really.made(db, shop)
    if not rules:
        return None
    start = EPOCH + rules[0].at * MICROSECOND
    past = load.past(db, shop, now=now, start=start, fates=really.fates(db, shop, made))
    if past is None:
        return None
    if instead is not None:
        rules = [*(rule for rule in rules if rule.at < to_micros(since)), Rule(at=to_micros(since), program=instead)]
    earlier = really.before(db, shop, past, made, rules[0])
    run = replay(past, Plan(rules=rules, earlier=earlier, real_fates=True), progress)
    first = to_micros(since)
    return Compared(
        really=tuple(sorted(_really(one) for one in made if to_micros(one.created_at) > first)),
        replayed=tuple(sorted(_replayed(one) for one in run.made if one.at > first and not one.earlier)),
    )


def _really(one: Offer) -> Told:
    gift = benefit.from_plain(one.benefit)
    return Told(
        one.customer_id, one.created_at, one.rule, one.step, one.cycle, (gift.type, gift.value), one.state == "held_out"
    )


def _replayed(one: Made) -> Told:
    spec = one.spec
    gives = (spec.benefit.type, spec.benefit.value)
    return Told(one.customer_id, spec.starts_at, spec.rule, spec.step, spec.cycle, gives, one.held_out)
