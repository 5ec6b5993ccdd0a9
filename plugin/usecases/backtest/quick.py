"""Says what the rules would decide, in whole numbers and without a word, under rules of the kinds that most stores have.

A second telling of ``plugin.rewards`` for replays, in which nobody reads reasons: a property test holds it to the plain
decision. Under rules of kinds that are not known here it is silent. Instants are microseconds since 1970.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import timedelta
from typing import NamedTuple

from plugin.rewards import loyalty, win_back
from plugin.rewards.decision import Benefit, OfferSpec
from plugin.rewards.holdout import is_held_out
from plugin.rewards.parts import Limits, Step
from plugin.rewards.program import Program
from plugin.rewards.reward import benefit_of
from plugin.rewards.tiers import slug
from plugin.usecases.backtest.answers import ASKS, NOTHING, Answer, Facts, Money, Wish
from plugin.usecases.backtest.known_rules import is_known
from plugin.usecases.backtest.made import Made
from plugin.usecases.backtest.seen import Seen, gives, larger_ends, seen
from plugin.usecases.backtest.turns import Turns
from storage.columns import EPOCH, MICROSECOND

DAY = timedelta(days=1) // MICROSECOND
NO_OFFERS: tuple[Seen, ...] = ()
FRESH = loyalty.FRESH_DAYS * DAY
#: an offer that only these keep back waits for the next day
WAITS = frozenset({"full", "used_up"})
NO_END = 2**62


class _Step(NamedTuple):
    name: str
    rule: str
    benefit: Benefit
    gives: bool
    valid_days: int
    wait: int


class Quick:
    """What would be decided under one program. ``speaks``: whether it is of the kinds that are known here."""

    def __init__(self, program: Program, shop: str, turns: Turns) -> None:
        self._program, self._shop, self._turns = program, shop, turns
        limits = program.limits
        self._steps = [_step(step, limits) for step in program.win_back.steps]
        self._place = {step.name: place for place, step in enumerate(self._steps)}
        self._last = self._steps[-1].rule
        self._sunset, self._max_age = program.win_back.sunset_days * DAY, program.win_back.max_age_days * DAY
        self._tiers = [(slug(tier.name), benefit_of(tier, limits)) for tier in program.loyalty.tiers]
        self._from = [tier.spend_from for tier in program.loyalty.tiers]
        self._largest = max([one.benefit.cap for one in self._steps] + [one.cap for _name, one in self._tiers])
        self._wait = limits.wait_days * DAY
        self._budget, self._most = limits.monthly_budget, program.win_back.daily_ramp or NO_END
        self._thanks, self._wins_back = program.loyalty.enabled, program.win_back.enabled
        self._held_out: dict[str, bool] = {}
        self.speaks = is_known(program)

    def is_fresh(self, last_at: int, at: int) -> bool:
        """Whether loyalty may have something for an order."""
        return self._thanks and at < last_at + FRESH

    def at_a_glance(self, late_at: int | None, spend: int | None, at: int) -> int | None:
        """When to ask again about a customer who takes part and never got an offer; ``ASKS``: now. As in ``Facts``."""
        if spend is not None and self._tier(spend)[1].type != "none":
            return ASKS
        if late_at is None or not self._wins_back:
            return None
        step = self._steps[0]
        opens = late_at + step.wait
        if opens <= at:
            return None if at >= opens + self._max_age else ASKS
        return None if step.gives and step.benefit.cap == 0 else opens

    def answer(self, facts: Facts, made: Sequence[Made], money: Money, at: int) -> Answer:
        """What would be decided about a customer who takes part."""
        offers = [one.view or seen(one) for one in made] if made else NO_OFFERS
        wishes = self._wishes(facts, offers, at)
        asking = [wish for wish in wishes if wish.opens <= at]
        if not asking:
            return Answer(self._earliest(wishes, offers, money, at)) if wishes else NOTHING
        both = len(asking) > 1
        if both:
            asking.sort(key=_largest_first)
        first: set[str] | None = None
        for wish in asking:
            against = self._against(wish, offers, money, at)
            if not against:
                held_out = self._is_held_out(facts.customer_id)
                check = self._after(wish, facts, offers, money, at, issued=not held_out)
                return Answer(check, _spec(wish, at), held_out, overlap=both)
            first = first or against
        assert first  # noqa: S101
        fresh = at < facts.last_at + FRESH
        waits = wishes[0] if len(wishes) == 1 and not fresh and "full" in first <= WAITS else None
        check = self._earliest(wishes, offers, money, at)
        return Answer(check, None, False, "used_up" in first, both or "open" in first, waits)

    def is_full(self, money: Money) -> bool:
        """Whether win-back may write to nobody more today."""
        return money.win_backs >= self._most

    def has_room(self, money: Money, offers: int) -> bool:
        """Whether so many offers, however large, fit into what is left of the month."""
        return offers * self._largest <= self._budget - money.used

    def has_none_for(self, wish: Wish, money: Money) -> bool:
        """Whether what is left of the month does not hold this offer."""
        return wish.gives and self._budget >= wish.benefit.cap > self._budget - money.used

    def still_waits(self, wish: Wish, money: Money, at: int) -> Answer:
        """For who waited for room in a day, has no other orders, offers and rhythm since, on a day that is full."""
        tomorrow = self._turns.of(at).next_day
        return Answer(tomorrow if tomorrow < wish.closes else None, budget_used_up=self.has_none_for(wish, money))

    # what the rules ask for; those that are closed are left out

    def _wishes(self, facts: Facts, offers: Sequence[Seen], at: int) -> list[Wish]:
        wishes = []
        if facts.spend is not None and (thanks := self._loyalty(facts, facts.spend, offers, at)):
            wishes.append(thanks)
        if self._wins_back and facts.late_at is not None and (back := self._win_back(facts, facts.late_at, offers, at)):
            wishes.append(back)
        return wishes

    def _loyalty(self, facts: Facts, spend: int, offers: Sequence[Seen], at: int) -> Wish | None:
        step, benefit = self._tier(spend)
        if benefit.type == "none":
            return None
        cycle = f"order:{facts.last_id}"
        if any(one.cycle == cycle and one.rule == loyalty.RULE for one in offers):
            return None
        opens, closes, days = min(facts.last_at, at), facts.last_at + FRESH, self._program.loyalty.valid_days
        return Wish(loyalty.KIND, step, loyalty.RULE, cycle, benefit, True, days, opens, closes)

    def _win_back(self, facts: Facts, late_at: int, offers: Sequence[Seen], at: int) -> Wish | None:
        cycle, place, before, quiet = f"silence:{facts.last_id}", 0, 0, 0
        for one in offers:
            if one.rule == self._last and one.given and one.at + self._sunset > quiet:
                quiet = one.at + self._sunset
            if one.cycle == cycle and one.kind == win_back.KIND and self._place.get(one.step, -1) >= place - 1:
                place = self._place.get(one.step, -1) + 1
                before = one.at
        if place == len(self._steps):
            return None
        step = self._steps[place]
        due = max(late_at, before + step.wait) if place else late_at + step.wait
        held = self._held_until(offers, win_back.KIND, cycle, step.benefit) if step.gives and offers else 0
        closes = max(due, held) + self._max_age
        if at >= closes:
            return None
        opens = max(due, quiet)
        rule, days = step.rule, step.valid_days
        return Wish(win_back.KIND, step.name, rule, cycle, step.benefit, step.gives, days, opens, closes)

    def _tier(self, spend: int) -> tuple[str, Benefit]:
        """The step and the benefit of the highest tier that an amount reaches."""
        return self._tiers[max(bisect_right(self._from, spend) - 1, 0)]

    # what the limits say

    def _against(self, wish: Wish, offers: Sequence[Seen], money: Money, at: int) -> set[str]:
        """What keeps it back now, the control group apart."""
        codes = set()
        if wish.gives:
            if offers:
                if self._wait_ends(offers, wish.kind, wish.cycle) > at:
                    codes.add("wait")
                opened = any(one.gives and one.usable and one.ends > at for one in offers)
                if opened and larger_ends(offers, wish.benefit) > at:
                    codes.add("open")
            if wish.benefit.cap > self._budget:
                codes.add("too_small")
            elif wish.benefit.cap > max(self._budget - money.used, 0):
                codes.add("used_up")
            if wish.benefit.cap == 0:
                codes.add("highest_is_zero")
        if self._is_full(wish, money):
            codes.add("full")
        return codes

    def _is_full(self, wish: Wish, money: Money) -> bool:
        return money.win_backs >= self._most and wish.kind == win_back.KIND

    def _held_until(self, offers: Sequence[Seen], kind: str, cycle: str, benefit: Benefit) -> int:
        return max(self._wait_ends(offers, kind, cycle), larger_ends(offers, benefit))

    def _wait_ends(self, offers: Sequence[Seen], kind: str, cycle: str) -> int:
        """0 without a discount before."""
        newest = 0
        for one in offers:
            if one.gives and one.given and one.at > newest and (one.cycle != cycle or one.kind != kind):
                newest = one.at
        return newest and newest + self._wait

    def _is_held_out(self, who: str) -> bool:
        if who not in self._held_out:
            key, percent = self._program.key, self._program.holdout_percent
            self._held_out[who] = is_held_out(key=key, shop=self._shop, customer_id=who, percent=percent)
        return self._held_out[who]

    # when to ask again

    def _after(
        self, wish: Wish, facts: Facts, offers: Sequence[Seen], money: Money, at: int, *, issued: bool
    ) -> int | None:
        """As if the offer had been written down."""
        ends = at + wish.valid_days * DAY
        given = gives(wish.benefit)
        made = Seen(wish.kind, wish.step, wish.rule, wish.cycle, wish.benefit, at, ends, True, True, given)
        then = [*offers, made]
        left = Money(money.used + issued * wish.benefit.cap, money.win_backs + (wish.kind == win_back.KIND))
        wishes = self._wishes(facts, then, at)
        if any(one.opens <= at and not self._against(one, then, left, at) for one in wishes):
            return at
        return self._earliest(wishes, then, left, at)

    def _earliest(self, wishes: Sequence[Wish], offers: Sequence[Seen], money: Money, at: int) -> int | None:
        first = None
        for wish in wishes:
            moment = self._ready(wish, offers, money, at)
            if moment is not None and (first is None or moment < first):
                first = moment
        return first

    def _ready(self, wish: Wish, offers: Sequence[Seen], money: Money, at: int) -> int | None:
        moment = wish.opens
        if wish.gives:
            if wish.benefit.cap == 0:
                return None
            if offers:
                moment = max(moment, self._held_until(offers, wish.kind, wish.cycle, wish.benefit))
        if moment <= at and self._is_full(wish, money):
            moment = self._turns.of(at).next_day
        if moment <= at and self._budget >= wish.benefit.cap > max(self._budget - money.used, 0):
            moment = self._turns.of(at).next_month
        return moment if at < moment < wish.closes else None


def _step(step: Step, limits: Limits) -> _Step:
    gift = benefit_of(step, limits)
    return _Step(
        name=step.name,
        rule=win_back.rule_of(step.name),
        benefit=gift,
        gives=gift.type != "none",
        valid_days=step.valid_days,
        wait=step.wait_days * DAY,
    )


def _largest_first(wish: Wish) -> tuple[int, int]:
    return (-wish.benefit.cap, -wish.benefit.value if wish.benefit.type == "percent" else 0)


def _spec(wish: Wish, at: int) -> OfferSpec:
    starts = EPOCH + at * MICROSECOND
    return OfferSpec(
        kind=wish.kind,
        step=wish.step,
        rule=wish.rule,
        cycle=wish.cycle,
        benefit=wish.benefit,
        reserve=wish.benefit.cap,
        starts_at=starts,
        ends_at=starts + timedelta(days=wish.valid_days),
    )
