"""Decides in a replay: by the rules' own decision, or by the quick answer where it speaks; offers are made and looks planned."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from plugin.rewards.decide import decide
from plugin.rewards.decision import Budget, OfferSpec
from plugin.rewards.limits import SURPRISE
from plugin.rewards.program import Program
from plugin.rewards.share import holds_for
from plugin.rewards.spending import asks_of_the_day
from plugin.usecases.backtest.answers import ASKS, NOTHING, Answer, Facts, Money
from plugin.usecases.backtest.book import Book
from plugin.usecases.backtest.looks import Looks
from plugin.usecases.backtest.made import Made
from plugin.usecases.backtest.measured import Measured
from plugin.usecases.backtest.past import Past, Plan, Rule
from plugin.usecases.backtest.quick import Quick
from plugin.usecases.backtest.waiting import Waiting
from plugin.usecases.make_offers import SOONEST
from plugin.usecases.purses import account_of
from storage.columns import EPOCH, MICROSECOND

MINUTE = SOONEST // MICROSECOND
#: two rules ask at once, or an open offer keeps another back
OVERLAP = frozenset({"larger_counts", "next_in_line", "open_offer"})


class Desk:
    """Who is asked, in which order, under which rules.

    ``ran_out``: first day without money, by month; ``overlaps``: when two offers met; ``asked`` and ``certain``: how
    often the rules were asked, and how often they need not have been.
    """

    def __init__(self, past: Past, plan: Plan, measured: Measured, *, looks: Looks, book: Book) -> None:
        self._past, self._plan, self._measured, self._looks, self._book = past, plan, measured, looks, book
        self._left_out = {place for place, who in enumerate(past.customers) if who in past.left_out}
        self._last_at = past.last_at
        self.ran_out: dict[str, int] = {}
        self.overlaps: list[datetime] = []
        self.asked = self.certain = 0
        #: the money as it was asked for last: beginning of the day, moves of the purse
        self._held = (0, -1, Money(0, 0))
        self.in_force(plan.rules[0])

    def in_force(self, rule: Rule) -> None:
        """Decides by these rules from now on."""
        self.rule = rule
        self.quick = Quick(rule.program, self._past.shop, self._book.turns)
        #: nothing is asked that the quick answer knows
        self._quickly = self.quick.speaks and not self._plan.plainly and rule.others is None
        self._waiting = Waiting(self._measured)

    def forget(self, place: int) -> None:
        """A customer's orders are others than before."""
        self._waiting.forget(place)

    def decide_all(self, places: Sequence[int], at: int) -> None:
        """Those of one sitting, in the order in which they are asked."""
        if self._quickly:
            self._quickly_all(places, at)
        elif places:
            self._plainly_all(places, at)

    def decide(self, place: int, at: int) -> None:
        """A sitting of one."""
        if not self._quickly:
            self._plainly_all([place], at)
        elif not self._at_a_glance(place, at):
            self._answer(place, at)

    def pass_by(self, at: int) -> None:
        """Puts all who are still to be looked at now off until tomorrow, if each just waits for room in a day that is full."""
        if self._quickly and self._waiting.anyone and self.quick.is_full(money := self._money(at)):
            places = self._looks.rest(at)
            if self._waiting.all_of(places):
                self._wait_on(places, money, at)

    # quickly

    def _quickly_all(self, places: Sequence[int], at: int) -> None:
        if self._waiting.anyone and len(places) > 1:
            places = self._but_waiting(places, at)
        waits = self._waiting.known
        asking = [place for place in sorted(places) if place in waits or not self._at_a_glance(place, at)]
        if len(asking) > 1 and self.rule.program.win_back.daily_ramp:
            asking.sort(key=lambda place: -self._measured.spend(place))
        for done, place in enumerate(asking, start=1):
            if self._answer(place, at) and self._waiting.anyone and self.quick.is_full(self._money(at)):
                for other in self._but_waiting(asking[done:], at):
                    self._answer(other, at)
                return

    def _at_a_glance(self, place: int, at: int) -> bool:
        """Whether it is certain that a customer without offers gets none now; then the next look is planned."""
        version = self._measured.version[place]
        last_at = self._last_at[version] if version >= 0 else 0
        check = None
        if last_at:
            if self._book.offers[place]:
                return False
            self.certain += 1
            if place not in self._left_out:
                spend = self._measured.spend(place) if self.quick.is_fresh(last_at, at) else None
                check = self.quick.at_a_glance(self._measured.late_at(place), spend, at)
                if check == ASKS:
                    self.certain -= 1
                    return False
        self._looks.plan(place, check if check is None or check >= at + MINUTE else at + MINUTE)
        return True

    def _but_waiting(self, places: Sequence[int], at: int) -> Sequence[int]:
        """Those of a sitting who do not just wait for room in a day; the others are looked at again tomorrow."""
        money = self._money(at)
        if not self.quick.is_full(money):
            return places
        waits = self._waiting.of(places)
        others = [place for place in places if place not in waits]
        # whether the money runs out among them must not depend on who comes first
        ran_out = self._book.turns.of(at).month in self.ran_out
        if others and not ran_out and not self.quick.has_room(money, len(others) + 1):
            return places
        self._wait_on(list(waits), money, at)
        return others

    def _wait_on(self, places: Sequence[int], money: Money, at: int) -> None:
        turn, waiting, quick = self._book.turns.of(at), self._waiting, self.quick
        could = turn.month not in self.ran_out and not quick.has_room(money, 1)
        if could and any(quick.has_none_for(wish, money) for wish in waiting.for_what(places)):
            self.ran_out[turn.month] = turn.day
        self.certain += len(places)
        closing = set(waiting.closing(places, turn.next_day))
        for place in closing:
            self._looks.plan(place, None)
        self._looks.plan_all([place for place in places if place not in closing] if closing else places, turn.next_day)

    def _answer(self, place: int, at: int) -> bool:
        """Whether an offer is made."""
        self.certain += 1
        answer = self._answered(place, self._money(at), at)
        if answer.waits is not None and not self._plan.real_fates:
            self._waiting.keep(place, answer.waits)
        self._follow(place, answer, at)
        return answer.offer is not None

    def _answered(self, place: int, money: Money, at: int) -> Answer:
        if place in self._left_out:
            return NOTHING
        if self.quick.is_full(money) and (wish := self._waiting.of((place,)).get(place)):
            return self.quick.still_waits(wish, money, at)
        version = self._measured.version[place]
        last_at, measured = self._last_at[version], self._measured
        spend = measured.spend(place) if self.quick.is_fresh(last_at, at) else None
        last_id = self._past.versions.all[version].last_id
        facts = Facts(self._past.customers[place], spend, last_at, last_id, measured.late_at(place))
        return self.quick.answer(facts, self._book.offers[place], money, at)

    def _money(self, at: int) -> Money:
        turn, purse = self._book.turns.of(at), self._book.purse
        begins, moves, money = self._held
        if begins != turn.begins or moves != purse.moves:
            money = Money(purse.used(turn.month), purse.of_day(turn.month, turn.day)[1])
            self._held = (turn.begins, purse.moves, money)
        return money

    # plainly

    def _plainly_all(self, places: Sequence[int], at: int) -> None:
        known = [place for place in sorted(places) if self._measured.has_orders(place)]
        for place in set(places).difference(known):
            self._looks.plan(place, None)
        for program, theirs in self._rules_for(known):
            if len(theirs) > 1 and asks_of_the_day(program):
                theirs = sorted(theirs, key=lambda place: -self._measured.spend(place))  # noqa: PLW2901
            for place in theirs:
                self.asked += 1
                self._follow(place, self._asked(place, at, program), at)

    def _rules_for(self, places: Sequence[int]) -> Iterable[tuple[Program, Sequence[int]]]:
        """While new rules are tried on a share of customers, the others keep those before."""
        program, others = self.rule.program, self.rule.others
        if others is None:
            return [(program, places)]
        who, shop = self._past.customers, self._past.shop
        chosen = [place for place in places if holds_for(program, shop=shop, customer_id=who[place])]
        return [(program, chosen), (others, sorted(set(places).difference(chosen)))]

    def _asked(self, place: int, at: int, program: Program) -> Answer:
        turn, purse = self._book.turns.of(at), self._book.purse
        day_used, win_backs = purse.of_day(turn.month, turn.day)
        decision = decide(
            standing=self._measured.standing(place, program, at),
            program=program,
            program_shop=self._past.shop,
            past=self._book.seen(place),
            budget=Budget(
                month=turn.month,
                cap=program.limits.monthly_budget,
                used=purse.used(turn.month),
                surprise_used=purse.used(account_of(SURPRISE, turn.month)),
                day_used=day_used,
                win_backs_today=win_backs,
            ),
            as_of=EPOCH + at * MICROSECOND,
            timezone=self._past.timezone,
        )
        codes, check = {reason.code for reason in decision.reasons}, decision.next_check_at
        return Answer(
            None if check is None else (check - EPOCH) // MICROSECOND,
            decision.offer if decision.outcome in {"issue", "held_out"} else None,
            held_out=decision.outcome == "held_out",
            budget_used_up=decision.offer is None and "budget_used_up" in codes,
            overlap=bool(codes & OVERLAP),
        )

    # what comes of it

    def _follow(self, place: int, answer: Answer, at: int) -> None:
        if answer.budget_used_up:
            turn = self._book.turns.of(at)
            self.ran_out.setdefault(turn.month, turn.day)
        if answer.overlap:
            self.overlaps.append(EPOCH + at * MICROSECOND)
        if answer.offer is not None:
            self._keep(place, answer.offer, at=at, held_out=answer.held_out)
        check = answer.next_check
        self._looks.plan(place, check if check is None or check >= at + MINUTE else at + MINUTE)

    def _keep(self, place: int, offer: OfferSpec, *, at: int, held_out: bool) -> None:
        self._waiting.forget(place)
        self._book.know(
            Made(
                customer_id=self._past.customers[place],
                spec=offer,
                at=at,
                ends=(offer.ends_at - EPOCH) // MICROSECOND,
                month=account_of(offer.kind, self._book.turns.of(at).month),
                held_out=held_out,
            )
        )
