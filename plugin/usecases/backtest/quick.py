"""Says what the rules would decide, in whole numbers and without a word, under rules of the kinds that most stores have.

A second telling of ``plugin.rewards`` for replays, in which nobody reads reasons: a property test holds it to the plain
decision. Under rules of kinds that are not known here it is silent. Instants are microseconds since 1970.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from plugin.rewards import loyalty, win_back
from plugin.rewards.decision import Benefit, OfferSpec
from plugin.rewards.holdout import is_held_out
from plugin.rewards.program import Program
from plugin.rewards.reward import benefit_of
from plugin.rewards.tiers import slug, tier_of
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


class Facts(NamedTuple):
    """What an answer goes by, beside the customer's offers and the instant."""

    customer_id: str
    #: minor units of the last 365 days; asked for only where a tier is
    spend: Callable[[], int]
    last_at: int
    last_id: str
    #: when win-back may begin; None while the store has no rhythm
    late_at: int | None


class Money(NamedTuple):
    """Of the month's money what is used, and the win-back messages of the day so far."""

    used: int
    win_backs: int


class Answer(NamedTuple):
    """What would be decided."""

    #: None: only an order can change it
    next_check: int | None
    offer: OfferSpec | None = None
    held_out: bool = False
    #: nothing is given, and the month's money is among what keeps it back
    budget_used_up: bool = False
    #: two rules ask at once, or an open offer keeps another back
    overlap: bool = False
    #: the one offer that is asked for, where nothing but the day's messages, and perhaps the month's money, keeps it back
    waits: Wish | None = None


class Wish(NamedTuple):
    """An offer that a rule asks for between two instants."""

    kind: str
    step: str
    rule: str
    cycle: str
    benefit: Benefit
    valid_days: int
    opens: int
    closes: int

    @property
    def is_reminder(self) -> bool:
        """A message without a discount."""
        return self.benefit.type == "none"


class Quick:
    """What would be decided under one program. ``speaks``: whether it is of the kinds that are known here."""

    def __init__(self, program: Program, shop: str, turns: Turns) -> None:
        self._program, self._shop, self._turns = program, shop, turns
        limits = program.limits
        self._steps = [(step, benefit_of(step, limits)) for step in program.win_back.steps]
        self._place = {step.name: place for place, step in enumerate(program.win_back.steps)}
        self._last = win_back.rule_of(program.win_back.steps[-1].name)
        self._tiers = {tier.name: (slug(tier.name), benefit_of(tier, limits)) for tier in program.loyalty.tiers}
        self._largest = max(one.cap for _name, one in (*self._steps, *self._tiers.values()))
        self._wait = limits.wait_days * DAY
        self._held_out: dict[str, bool] = {}
        self.speaks = is_known(program)

    def answer(self, facts: Facts, made: Sequence[Made], money: Money, at: int) -> Answer:
        """What would be decided about a customer who takes part."""
        offers = [seen(one) for one in made] if made else NO_OFFERS
        wishes = self._wishes(facts, offers, at)
        asking = [wish for wish in wishes if wish.opens <= at]
        if not asking:
            return Answer(self._earliest(wishes, offers, money, at))
        asking.sort(key=_largest_first)
        against = [self._against(wish, offers, money, at) for wish in asking]
        chosen = next((place for place, codes in enumerate(against) if not codes), None)
        if chosen is None:
            check = self._earliest(wishes, offers, money, at)
            overlap = len(asking) > 1 or "open" in against[0]
            fresh = at < facts.last_at + FRESH
            waits = wishes[0] if len(wishes) == 1 and not fresh and "full" in against[0] <= WAITS else None
            return Answer(check, budget_used_up="used_up" in against[0], overlap=overlap, waits=waits)
        wish, held_out = asking[chosen], self._is_held_out(facts.customer_id)
        check = self._after(wish, facts, offers, money, at, issued=not held_out)
        return Answer(check, _spec(wish, at), held_out=held_out, overlap=len(asking) > 1)

    def is_full(self, money: Money) -> bool:
        """Whether win-back may write to nobody more today."""
        most = self._program.win_back.daily_ramp
        return bool(most) and money.win_backs >= most

    def has_room(self, money: Money, offers: int) -> bool:
        """Whether so many offers, however large, fit into what is left of the month."""
        return offers * self._largest <= self._program.limits.monthly_budget - money.used

    def has_none_for(self, wish: Wish, money: Money) -> bool:
        """Whether what is left of the month does not hold this offer."""
        return not wish.is_reminder and "used_up" in self._no_money(wish, money)

    def still_waits(self, wish: Wish, money: Money, at: int) -> Answer:
        """For who waited for room in a day, has no other orders, offers and rhythm since, on a day that is full."""
        tomorrow = self._turns.of(at).next_day
        return Answer(tomorrow if tomorrow < wish.closes else None, budget_used_up=self.has_none_for(wish, money))

    # what the rules ask for; those that are closed are left out

    def _wishes(self, facts: Facts, offers: Sequence[Seen], at: int) -> list[Wish]:
        found = []
        if self._program.loyalty.enabled and at < facts.last_at + FRESH:
            found += self._loyalty(facts, offers, at)
        if self._program.win_back.enabled and facts.late_at is not None:
            found += self._win_back(facts, facts.late_at, offers, at)
        return found

    def _loyalty(self, facts: Facts, offers: Sequence[Seen], at: int) -> list[Wish]:
        cycle = f"order:{facts.last_id}"
        if any(one.cycle == cycle and one.rule == loyalty.RULE for one in offers):
            return []
        step, benefit = self._tiers[tier_of(self._program, facts.spend()).name]
        if benefit.type == "none":
            return []
        opens, closes, days = min(facts.last_at, at), facts.last_at + FRESH, self._program.loyalty.valid_days
        return [Wish(loyalty.KIND, step, loyalty.RULE, cycle, benefit, days, opens, closes)]

    def _win_back(self, facts: Facts, late_at: int, offers: Sequence[Seen], at: int) -> list[Wish]:
        rules, cycle = self._program.win_back, f"silence:{facts.last_id}"
        if not offers:
            return self._first_step(cycle, late_at, at)
        given = {one.step: one for one in offers if one.cycle == cycle and one.kind == win_back.KIND}
        place = max((self._place.get(step, -1) for step in given), default=-1) + 1
        if place == len(self._steps):
            return []
        step, benefit = self._steps[place]
        due = late_at + step.wait_days * DAY
        if place:
            due = max(late_at, given[self._steps[place - 1][0].name].at + step.wait_days * DAY)
        held = self._held_until(offers, win_back.KIND, cycle, benefit) if benefit.type != "none" else 0
        closes = max(due, held) + rules.max_age_days * DAY
        if at >= closes:
            return []
        quiet = max((one.at for one in offers if one.rule == self._last and one.given), default=None)
        opens = due if quiet is None else max(due, quiet + rules.sunset_days * DAY)
        rule = win_back.rule_of(step.name)
        return [Wish(win_back.KIND, step.name, rule, cycle, benefit, step.valid_days, opens, closes)]

    def _first_step(self, cycle: str, late_at: int, at: int) -> list[Wish]:
        """For who never got an offer."""
        step, benefit = self._steps[0]
        opens = late_at + step.wait_days * DAY
        closes = opens + self._program.win_back.max_age_days * DAY
        if at >= closes:
            return []
        rule = win_back.rule_of(step.name)
        return [Wish(win_back.KIND, step.name, rule, cycle, benefit, step.valid_days, opens, closes)]

    # what the limits say

    def _against(self, wish: Wish, offers: Sequence[Seen], money: Money, at: int) -> set[str]:
        """What keeps it back now, the control group apart."""
        codes = set()
        if not wish.is_reminder:
            if self._wait_ends(offers, wish.kind, wish.cycle) > at:
                codes.add("wait")
            opened = any(gives(one.benefit) and one.usable and one.ends > at for one in offers)
            if opened and larger_ends(offers, wish.benefit) > at:
                codes.add("open")
            codes |= self._no_money(wish, money)
            if wish.benefit.cap == 0:
                codes.add("highest_is_zero")
        if self._is_full(wish, money):
            codes.add("full")
        return codes

    def _no_money(self, wish: Wish, money: Money) -> set[str]:
        cap = self._program.limits.monthly_budget
        if wish.benefit.cap > cap:
            return {"too_small"}
        return {"used_up"} if wish.benefit.cap > max(cap - money.used, 0) else set()

    def _is_full(self, wish: Wish, money: Money) -> bool:
        return wish.kind == win_back.KIND and self.is_full(money)

    def _held_until(self, offers: Sequence[Seen], kind: str, cycle: str, benefit: Benefit) -> int:
        return max(self._wait_ends(offers, kind, cycle), larger_ends(offers, benefit))

    def _wait_ends(self, offers: Sequence[Seen], kind: str, cycle: str) -> int:
        """0 without a discount before."""
        if not offers:
            return 0
        counted = (
            one.at for one in offers
            if one.given and gives(one.benefit) and not (one.cycle == cycle and one.kind == kind)
        )  # fmt: skip
        newest = max(counted, default=None)
        return 0 if newest is None else newest + self._wait

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
        made = Seen(wish.kind, wish.step, wish.rule, wish.cycle, wish.benefit, at, ends, given=True, usable=True)
        then = [*offers, made]
        left = Money(money.used + issued * wish.benefit.cap, money.win_backs + (wish.kind == win_back.KIND))
        wishes = self._wishes(facts, then, at)
        if any(one.opens <= at and not self._against(one, then, left, at) for one in wishes):
            return at
        return self._earliest(wishes, then, left, at)

    def _earliest(self, wishes: Sequence[Wish], offers: Sequence[Seen], money: Money, at: int) -> int | None:
        ready = [self._ready(wish, offers, money, at) for wish in wishes]
        return min((moment for moment in ready if moment is not None), default=None)

    def _ready(self, wish: Wish, offers: Sequence[Seen], money: Money, at: int) -> int | None:
        moment = wish.opens
        if not wish.is_reminder:
            if wish.benefit.cap == 0:
                return None
            moment = max(moment, self._held_until(offers, wish.kind, wish.cycle, wish.benefit))
        if moment <= at and self._is_full(wish, money):
            moment = self._turns.of(at).next_day
        if moment <= at and "used_up" in self._no_money(wish, money):
            moment = self._turns.of(at).next_month
        return moment if at < moment < wish.closes else None


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
