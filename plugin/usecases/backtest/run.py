"""One replay: the real decisions at the instants at which they would have been made, on what was known then.

At one instant things come in the worker's order: a batch of orders, what stores said to calls, the night, the clock;
then the next batch. Everything that is decided is decided by ``plugin.rewards``.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from plugin.rewards.decide import decide
from plugin.rewards.decision import Budget, Decision, PastOffer
from plugin.rewards.program import Program
from plugin.rewards.win_back import KIND as WIN_BACK
from plugin.usecases.backtest.looks import NEVER, Looks
from plugin.usecases.backtest.made import Key, Made, gives, taken_off
from plugin.usecases.backtest.measured import SECOND, Measured
from plugin.usecases.backtest.past import Past, Plan, Rule
from plugin.usecases.backtest.purse import Purse
from plugin.usecases.backtest.quick import Hold, Quick
from plugin.usecases.backtest.timeline import NOTHING, Now, Timeline
from plugin.usecases.make_offers import SOONEST
from storage.columns import EPOCH, MICROSECOND

MINUTE = SOONEST // MICROSECOND
#: an offer that ended is closed an hour later, when the store shows its code as off
GRACE = 3_600 * SECOND
#: customers decided for, or offers closed, in one round of the worker
BATCH = 200
#: two rules ask at once, or an open offer keeps another back
OVERLAP = frozenset({"larger_counts", "next_in_line", "open_offer"})
Progress = Callable[[int], object]


def replay(past: Past, plan: Plan, progress: Progress = lambda _nights: None) -> Run:
    """Replays a plan until the past's ``now``; ``progress`` is told of each night that is over."""
    run = started(past, plan, progress)
    run.to(run.until)
    return run


def started(past: Past, plan: Plan, progress: Progress = lambda _nights: None) -> Run:
    """A replay of which nothing has happened yet but what was before it."""
    run = Run(past, plan, progress)
    for one in plan.earlier:
        run.know(one)
    run.in_force(plan.rules[0])
    run.prepare()
    return run


class Run:
    """A replay under way.

    ``made``: every offer, earlier ones first; ``ran_out``: first day without money, by month; ``overlaps``: when two
    offers met.
    """

    def __init__(self, past: Past, plan: Plan, progress: Progress) -> None:
        self.past, self.plan, self.progress = past, plan, progress
        start, self.until = plan.rules[0].at, (past.now - EPOCH) // MICROSECOND
        self.zone = ZoneInfo(past.timezone)
        self.timeline, self.measured = Timeline(past, plan), Measured(past, start)
        self.looks = Looks(past, night=self.measured.night, until=self.until)
        self.program: Program = plan.rules[0].program
        self.purse = Purse(past.scale)
        self.made: list[Made] = []
        self.ran_out: dict[str, int] = {}
        self.overlaps: list[datetime] = []
        self.place = {who: place for place, who in enumerate(past.customers)}
        #: of each customer: offers, and the same as decisions see them
        self.offers: list[list[Made]] = [[] for _ in past.customers]
        self.seen: list[list[PastOffer]] = [[] for _ in past.customers]
        self.quick = Quick(self.program, past.timezone)
        #: of each customer: whether ``quick`` may speak of them
        self.simple = [True for _ in past.customers]
        self.by_key: dict[Key, Made] = {}
        self.uses: dict[str, list[tuple[Made, int]]] = {}
        self.closing: list[tuple[int, int, int]] = []

    def to(self, until: int) -> None:
        """Goes on until an instant, which is included."""
        while (at := min(self.timeline.next_at, self.looks.next_at(), self.next_close())) <= until:
            self._instant(at)

    def look_at_all(self, at: int) -> None:
        """Decides about everyone, whether or not it is planned."""
        self._decide_all(range(len(self.past.customers)), at)

    def _instant(self, at: int) -> None:
        """All that happens at one instant, in the worker's order."""
        now = self.timeline.take(at)
        if now.night is not None and not self.past.nights[now.night].everyone:
            # learnt for the first orders that came, and so before them
            self.dawn(now.night)
            now.night = None
        sittings = deque(now.sittings)
        self._round(at, sittings, now)
        while sittings or min(self.looks.next_at(), self.next_close()) <= at:
            self._round(at, sittings, NOTHING)
        for rule in now.rules:
            if not rule.at_once:
                self.in_force(rule)

    def _round(self, at: int, sittings: deque[Sequence[int]], now: Now) -> None:
        if sittings:
            self._sit(at, sittings.popleft())
        for key, state in now.closings:
            self._close_as(key, state)
        if now.night is not None:
            self.dawn(now.night)
        for rule in now.rules:
            if rule.at_once:
                self.in_force(rule)
        self._close_ended(at)
        self._decide_all(self.looks.take(at, BATCH), at)

    # what becomes known

    def _sit(self, at: int, versions: Sequence[int]) -> None:
        """Orders were taken in: codes on them are used, their customers measured and decided about."""
        looked = []
        for version in versions:
            one = self.past.versions.all[version]
            before, self.measured.version[one.customer] = self.measured.version[one.customer], version
            new = one.end > one.start and (before < 0 or self.past.versions.all[before].last_id != one.last_id)
            self._use(one.told)
            if new and self.offers[one.customer]:
                self._come_back(one.customer, version)
            if one.looked:
                self.measured.one(one.customer, at)
                looked.append(one.customer)
        self._decide_all(looked, at)

    def _use(self, told: Sequence[tuple[str, int]]) -> None:
        """Offers that were really made are used on the orders on which they really were."""
        for order_id, net in told:
            for made, discount in self.uses.get(order_id, ()):
                if net > 0 and order_id not in made.uses:
                    self.purse.use(made, order_id, discount, cap=self.program.limits.monthly_budget)
                elif net == 0 and order_id in made.uses:
                    self.purse.take_back(made, order_id)
                self._see_again(self.place[made.customer_id])

    def _come_back(self, place: int, version: int) -> None:
        """A new order: whose offers were open, and, where nobody knows better, the best of them is used."""
        versions = self.past.versions
        ordered_at, value = versions.last_at(version) * SECOND, versions.value(version)
        for one in self.offers[place]:
            one.came_back |= one.is_discount and ordered_at < one.ends
        usable = [one for one in self.offers[place] if one.fate is None and one.is_usable(ordered_at, value)]
        if usable:
            worth, best = max(((taken_off(one.spec.benefit, value), one) for one in usable), key=lambda each: each[0])
            self.purse.use(best, versions.all[version].last_id, worth, cap=self.program.limits.monthly_budget)
            self._see_again(place)

    def _close_as(self, key: Key, state: str) -> None:
        one = self.by_key.get(key)
        if one is not None and one.fate is not None and not one.state:
            self._close(one, state)

    def _close(self, one: Made, state: str) -> None:
        self.purse.release(one)
        one.state = state
        self._see_again(self.place[one.customer_id])

    def _see_again(self, place: int) -> None:
        self.seen[place] = [one.as_past() for one in self.offers[place]]

    # the clock

    def dawn(self, night: int) -> None:
        """A night has learnt the store's numbers anew."""
        self.progress(1)
        self.measured.night = night
        if self.past.nights[night].everyone:
            self.measured.everyone()
        self.prepare()

    def prepare(self) -> None:
        """What the time until the next night will ask for."""
        self.measured.under(self.program)
        due = [self.measured.version[place] for place in self.looks.dawn(self.measured.night)]
        self.measured.prepare([*due, *self.timeline.arrivals(self.measured.next_night or self.until)])

    def in_force(self, rule: Rule) -> None:
        """New rules: everyone is looked at again."""
        self.program = rule.program
        self.measured.under(rule.program)
        self.quick = Quick(rule.program, self.past.timezone)
        self.quick.speaks &= not self.plan.plainly
        self.simple = [all(map(self.quick.is_simple, offers)) for offers in self.offers]
        check = rule.at if rule.at_once else rule.at + 1
        for place in range(len(self.past.customers)):
            if self.measured.has_orders(place):
                self.looks.plan(place, check)

    def next_close(self) -> int:
        """When the next offer is to be closed."""
        return self.closing[0][0] if self.closing else NEVER

    def _close_ended(self, at: int) -> None:
        for _ in range(BATCH):
            if self.next_close() > at:
                return
            one = self.made[heapq.heappop(self.closing)[2]]
            if not one.state:
                self._close(one, "expired")

    # decisions

    def _decide_all(self, places: Sequence[int], at: int) -> None:
        """Those of one sitting, in the order in which they are asked."""
        known = [place for place in sorted(places) if self.measured.has_orders(place)]
        for place in set(places).difference(known):
            self.looks.plan(place, None)
        if self.program.limits.daily_budget or self.program.win_back.daily_ramp:
            known.sort(key=lambda place: -self.measured.spend(place))
        for place in known:
            self._decide(place, at)

    def _decide(self, place: int, at: int) -> None:
        moment = EPOCH + at * MICROSECOND
        month, day = self._day(moment)
        if self.quick.speaks and self.simple[place] and (hold := self._hold(place, at, month)):
            if hold.budget_used_up:
                self.ran_out.setdefault(month, day)
            self.looks.plan(place, None if hold.next_check is None else max(hold.next_check, at + MINUTE))
            return
        day_used, win_backs = self.purse.of_day(month, day)
        decision = decide(
            standing=self.measured.standing(place),
            program=self.program,
            program_shop=self.past.shop,
            past=self.seen[place],
            budget=Budget(
                month=month,
                cap=self.program.limits.monthly_budget,
                used=self.purse.used(month),
                day_used=day_used,
                win_backs_today=win_backs,
            ),
            as_of=moment,
            timezone=self.past.timezone,
        )
        codes = {reason.code for reason in decision.reasons}
        if decision.offer is None and "budget_used_up" in codes:
            self.ran_out.setdefault(month, day)
        if codes & OVERLAP:
            self.overlaps.append(moment)
        self._keep(place, decision, at=at, month=month)

    def _hold(self, place: int, at: int, month: str) -> Hold | None:
        if self.past.customers[place] in self.past.left_out:
            return Hold(None)
        versions, version = self.past.versions, self.measured.version[place]
        return self.quick.hold(
            at=at,
            spend=self.measured.spend(place),
            last_at=versions.last_at(version) * SECOND,
            last_id=versions.all[version].last_id,
            late_at=self.measured.late_at(place),
            offers=self.offers[place],
            left=self.program.limits.monthly_budget - self.purse.used(month),
        )

    def _keep(self, place: int, decision: Decision, *, at: int, month: str) -> None:
        if decision.offer is not None and decision.outcome in {"issue", "held_out"}:
            one = Made(
                customer_id=self.past.customers[place],
                spec=decision.offer,
                at=at,
                ends=(decision.offer.ends_at - EPOCH) // MICROSECOND,
                month=month,
                held_out=decision.outcome == "held_out",
            )
            self.know(one)
        check = decision.next_check_at
        self.looks.plan(place, None if check is None else max((check - EPOCH) // MICROSECOND, at + MINUTE))

    def know(self, one: Made) -> None:
        """An offer was made."""
        place = self.place[one.customer_id]
        self.made.append(one)
        self.by_key[one.key] = one
        fate = self.past.fates.get(one.key) if self.plan.real_fates else None
        if fate is not None and (fate.gives, fate.held_out) == (gives(one.spec.benefit), one.held_out):
            one.fate = fate
            for order_id, discount in fate.uses.items():
                self.uses.setdefault(order_id, []).append((one, discount))
        month, day = self._day(EPOCH + one.at * MICROSECOND)
        self.purse.open(one, day=(month, day), win_back=one.spec.kind == WIN_BACK)
        self.offers[place].append(one)
        self.simple[place] &= self.quick.is_simple(one)
        self.seen[place].append(one.as_past())
        if one.reserved and one.fate is None:
            due = self.looks.after(one.ends + GRACE)
            heapq.heappush(self.closing, (due, one.ends, len(self.made) - 1))

    def _day(self, moment: datetime) -> tuple[str, int]:
        local = moment.astimezone(self.zone)
        return f"{local.year}-{local.month:02}", local.day
