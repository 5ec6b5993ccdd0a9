"""One replay: the real decisions at the instants at which they would have been made, on what was known then.

At one instant things come in the worker's order: a batch of orders, what stores said to calls, the night, the clock;
then the next batch. Everything that is decided is decided by ``plugin.rewards``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial

from plugin.rewards.decide import decide
from plugin.rewards.decision import Budget, OfferSpec
from plugin.rewards.program import Program
from plugin.rewards.share import holds_for
from plugin.rewards.surprise import KIND as SURPRISE
from plugin.usecases.backtest.book import Book
from plugin.usecases.backtest.looks import Looks
from plugin.usecases.backtest.made import Made
from plugin.usecases.backtest.measured import SECOND, Measured
from plugin.usecases.backtest.past import Past, Plan, Rule
from plugin.usecases.backtest.quick import Answer, Facts, Money, Quick
from plugin.usecases.backtest.timeline import NOTHING, Now, Timeline
from plugin.usecases.backtest.uncollected import uncollected
from plugin.usecases.backtest.waiting import Waiting
from plugin.usecases.make_offers import SOONEST
from plugin.usecases.purses import account_of
from storage.columns import EPOCH, MICROSECOND

MINUTE = SOONEST // MICROSECOND
#: customers decided for in one round of the worker
BATCH = 200
#: two rules ask at once, or an open offer keeps another back
OVERLAP = frozenset({"larger_counts", "next_in_line", "open_offer"})
NEVER = Answer(None)
Progress = Callable[[int], object]


def replay(past: Past, plan: Plan, progress: Progress = lambda _nights: None) -> Run:
    """Replays a plan until the past's ``now``; ``progress`` is told of each night that is over."""
    with uncollected():
        run = started(past, plan, progress)
        run.to(run.until)
    return run


def started(past: Past, plan: Plan, progress: Progress = lambda _nights: None) -> Run:
    """A replay of which nothing has happened yet but what was before it."""
    run = Run(past, plan, progress)
    for one in plan.earlier:
        run.book.know(one)
    run.in_force(plan.rules[0])
    run.prepare()
    return run


class Run:
    """A replay under way.

    ``ran_out``: first day without money, by month; ``overlaps``: when two offers met; ``asked`` and ``certain``: how
    often the rules were asked, and how often they need not have been.
    """

    def __init__(self, past: Past, plan: Plan, progress: Progress) -> None:
        self.past, self.plan, self.progress = past, plan, progress
        self.until = (past.now - EPOCH) // MICROSECOND
        self.timeline, self.measured = Timeline(past, plan), Measured(past, plan.rules[0].at)
        self.looks = Looks(past, night=self.measured.night, until=self.until)
        self.book = Book(past, self.looks, real_fates=plan.real_fates)
        self.rule = plan.rules[0]
        self.ran_out: dict[str, int] = {}
        self.overlaps: list[datetime] = []
        self.asked = self.certain = 0
        self.quick = Quick(self.rule.program, past.shop, self.book.turns)
        #: the money as it was asked for last: beginning of the day, moves of the purse
        self._held = (0, -1, Money(0, 0))
        self.waiting = Waiting(self.measured)

    @property
    def made(self) -> list[Made]:
        """Every offer, earlier ones first."""
        return self.book.made

    def to(self, until: int) -> None:
        """Goes on until an instant, which is included."""
        while (at := min(self.timeline.next_at, self.looks.next_at(), self.book.next_close())) <= until:
            self._instant(at)

    def look_at_all(self, at: int) -> None:
        """Decides about everyone, whether or not it is planned."""
        self._decide_all(range(len(self.past.customers)), at)

    def in_force(self, rule: Rule) -> None:
        """New rules: everyone is looked at again."""
        self.rule = rule
        self.quick = Quick(rule.program, self.past.shop, self.book.turns)
        self.quick.speaks &= not self.plan.plainly
        self.waiting = Waiting(self.measured)
        check = rule.at if rule.at_once else rule.at + 1
        for place in range(len(self.past.customers)):
            if self.measured.has_orders(place):
                self.looks.plan(place, check)

    def prepare(self) -> None:
        """What the time until the next night will ask for."""
        due = [self.measured.version[place] for place in self.looks.dawn(self.measured.night)]
        self.measured.prepare([*due, *self.timeline.arrivals(self.measured.next_night or self.until)])

    def _instant(self, at: int) -> None:
        """All that happens at one instant, in the worker's order."""
        now = self.timeline.take(at)
        if now.night is not None and not self.past.nights[now.night].everyone:
            # learnt for the first orders that came, and so before them
            self._dawn(now.night)
            now.night = None
        sittings = deque(now.sittings)
        self._round(at, sittings, now)
        while sittings or min(self.looks.next_at(), self.book.next_close()) <= at:
            self._round(at, sittings, NOTHING)
        for rule in now.rules:
            if not rule.at_once:
                self.in_force(rule)

    def _round(self, at: int, sittings: deque[Sequence[int]], now: Now) -> None:
        if sittings:
            self._sit(at, sittings.popleft())
        for key, state in now.closings:
            self.book.close_as(key, state)
        if now.night is not None:
            self._dawn(now.night)
        for rule in now.rules:
            if rule.at_once:
                self.in_force(rule)
        self.book.close_ended(at)
        self._decide_all(self.looks.take(at, BATCH), at)

    def _sit(self, at: int, versions: Sequence[int]) -> None:
        """Orders were taken in: codes on them are used, their customers measured and decided about."""
        looked = []
        for version in versions:
            one = self.past.versions.all[version]
            before, self.measured.version[one.customer] = self.measured.version[one.customer], version
            self.waiting.forget(one.customer)
            new = one.end > one.start and (before < 0 or self.past.versions.all[before].last_id != one.last_id)
            self.book.use(one.told, self.rule.program)
            if new and self.book.offers[one.customer]:
                self.book.come_back(one.customer, version, self.rule.program)
            if one.looked:
                self.measured.one(one.customer, at)
                looked.append(one.customer)
        self._decide_all(looked, at)

    def _dawn(self, night: int) -> None:
        """A night has learnt the store's numbers anew."""
        self.progress(1)
        self.measured.night = night
        if self.past.nights[night].everyone:
            self.measured.everyone()
        self.prepare()

    # decisions

    def _decide_all(self, places: Sequence[int], at: int) -> None:
        """Those of one sitting, in the order in which they are asked."""
        if len(places) == 1 and self.rule.others is None and self.measured.has_orders(places[0]):
            self._decide(places[0], at, self.rule.program)
            return
        if self.waiting.anyone:
            places = self._but_waiting(places, at)
        if not places:
            return
        known = [place for place in sorted(places) if self.measured.has_orders(place)]
        for place in set(places).difference(known) if len(known) < len(places) else ():
            self.looks.plan(place, None)
        for program, theirs in self._rules_for(known):
            if len(theirs) > 1 and (program.limits.daily_budget or program.win_back.daily_ramp):
                theirs = sorted(theirs, key=lambda place: -self.measured.spend(place))  # noqa: PLW2901
            for place in theirs:
                self._decide(place, at, program)

    def _but_waiting(self, places: Sequence[int], at: int) -> Sequence[int]:
        """Those of a sitting who do not just wait for room in a day; the others are looked at again tomorrow."""
        money, turn = self._money(at), self.book.turns.of(at)
        if not self.quick.is_full(money):
            return places
        waits = self.waiting.of(places)
        others = [place for place in places if place not in waits]
        # whether the money runs out among them must not depend on who comes first
        if others and turn.month not in self.ran_out and not self.quick.has_room(money, len(others) + 1):
            return places
        if turn.month not in self.ran_out and any(self.quick.has_none_for(wish, money) for wish in waits.values()):
            self.ran_out[turn.month] = turn.day
        self.certain += len(waits)
        self.looks.plan_all([place for place, wish in waits.items() if turn.next_day < wish.closes], turn.next_day)
        for place in [place for place, wish in waits.items() if turn.next_day >= wish.closes]:
            self.looks.plan(place, None)
        return others

    def _rules_for(self, places: Sequence[int]) -> Iterable[tuple[Program, Sequence[int]]]:
        """While new rules are tried on a share of customers, the others keep those before."""
        program, others = self.rule.program, self.rule.others
        if others is None:
            return [(program, places)]
        who, shop = self.past.customers, self.past.shop
        chosen = [place for place in places if holds_for(program, shop=shop, customer_id=who[place])]
        return [(program, chosen), (others, sorted(set(places).difference(chosen)))]

    def _decide(self, place: int, at: int, program: Program) -> None:
        if self.quick.speaks and self.rule.others is None:
            self.certain += 1
            answer = self._quickly(place, self._money(at), at)
            if answer.waits is not None and not self.plan.real_fates:
                self.waiting.keep(place, answer.waits)
        else:
            self.asked += 1
            answer = self._asked(place, at, program)
        self._follow(place, answer, at)

    def _follow(self, place: int, answer: Answer, at: int) -> None:
        turn = self.book.turns.of(at)
        if answer.budget_used_up:
            self.ran_out.setdefault(turn.month, turn.day)
        if answer.overlap:
            self.overlaps.append(EPOCH + at * MICROSECOND)
        if answer.offer is not None:
            self._keep(place, answer.offer, at=at, month=turn.month, held_out=answer.held_out)
        self.looks.plan(place, None if answer.next_check is None else max(answer.next_check, at + MINUTE))

    def _quickly(self, place: int, money: Money, at: int) -> Answer:
        who = self.past.customers[place]
        if who in self.past.left_out:
            return NEVER
        if self.quick.is_full(money) and (wish := self.waiting.of([place]).get(place)):
            return self.quick.still_waits(wish, money, at)
        versions, version = self.past.versions, self.measured.version[place]
        facts = Facts(
            customer_id=who,
            spend=partial(self.measured.spend, place),
            last_at=versions.last_at(version) * SECOND,
            last_id=versions.all[version].last_id,
            late_at=self.measured.late_at(place),
        )
        return self.quick.answer(facts, self.book.offers[place], money, at)

    def _money(self, at: int) -> Money:
        turn, purse = self.book.turns.of(at), self.book.purse
        if self._held[:2] != (turn.begins, purse.moves):
            self._held = (
                turn.begins,
                purse.moves,
                Money(purse.used(turn.month), purse.of_day(turn.month, turn.day)[1]),
            )
        return self._held[2]

    def _asked(self, place: int, at: int, program: Program) -> Answer:
        turn = self.book.turns.of(at)
        day_used, win_backs = self.book.purse.of_day(turn.month, turn.day)
        decision = decide(
            standing=self.measured.standing(place, program, at),
            program=program,
            program_shop=self.past.shop,
            past=self.book.seen(place),
            budget=Budget(
                month=turn.month,
                cap=program.limits.monthly_budget,
                used=self.book.purse.used(turn.month),
                surprise_used=self.book.purse.used(account_of(SURPRISE, turn.month)),
                day_used=day_used,
                win_backs_today=win_backs,
            ),
            as_of=EPOCH + at * MICROSECOND,
            timezone=self.past.timezone,
        )
        codes, check = {reason.code for reason in decision.reasons}, decision.next_check_at
        return Answer(
            None if check is None else (check - EPOCH) // MICROSECOND,
            decision.offer if decision.outcome in {"issue", "held_out"} else None,
            held_out=decision.outcome == "held_out",
            budget_used_up=decision.offer is None and "budget_used_up" in codes,
            overlap=bool(codes & OVERLAP),
        )

    def _keep(self, place: int, offer: OfferSpec, *, at: int, month: str, held_out: bool) -> None:
        self.waiting.forget(place)
        self.book.know(
            Made(
                customer_id=self.past.customers[place],
                spec=offer,
                at=at,
                ends=(offer.ends_at - EPOCH) // MICROSECOND,
                month=account_of(offer.kind, month),
                held_out=held_out,
            )
        )
