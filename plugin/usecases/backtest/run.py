"""One replay: the real decisions at the instants at which they would have been made, on what was known then.

At one instant things come in the worker's order: a batch of orders, what stores said to calls, the night, the clock;
then the next batch. Everything that is decided is decided by ``plugin.rewards``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

from plugin.usecases.backtest.book import Book
from plugin.usecases.backtest.desk import Desk
from plugin.usecases.backtest.looks import Looks
from plugin.usecases.backtest.made import Made
from plugin.usecases.backtest.measured import Measured
from plugin.usecases.backtest.past import Past, Plan, Rule
from plugin.usecases.backtest.timeline import NOTHING, Now, Timeline
from plugin.usecases.backtest.uncollected import uncollected
from storage.columns import EPOCH, MICROSECOND

#: customers decided for in one round of the worker
BATCH = 200
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
    """A replay under way."""

    def __init__(self, past: Past, plan: Plan, progress: Progress) -> None:
        self.past, self.plan, self.progress = past, plan, progress
        self.until = (past.now - EPOCH) // MICROSECOND
        self.timeline, self.measured = Timeline(past, plan), Measured(past, plan.rules[0].at)
        self.looks = Looks(past, night=self.measured.night, until=self.until)
        self.book = Book(past, self.looks, real_fates=plan.real_fates)
        self.desk = Desk(past, plan, self.measured, looks=self.looks, book=self.book)

    @property
    def made(self) -> list[Made]:
        """Every offer, earlier ones first."""
        return self.book.made

    def to(self, until: int) -> None:
        """Goes on until an instant, which is included."""
        timeline, looks, book, desk = self.timeline, self.looks, self.book, self.desk
        while True:
            coming, look, close = timeline.next_at, looks.next_at(), book.next_close()
            at = min(coming, look, close)
            if at > until:
                return
            if at == look and at < coming and at < close and (place := looks.alone(at)) is not None:
                desk.decide(place, at)
            elif at == look and at < coming and at < close:
                places = looks.take(at, BATCH)
                desk.decide_all(places, at)
                if len(places) == BATCH:
                    desk.pass_by(at)
            elif at == coming and at < look and at < close and (version := timeline.alone()) is not None:
                self._come(at, version)
            else:
                self._instant(at)

    def look_at_all(self, at: int) -> None:
        """Decides about everyone, whether or not it is planned."""
        self.desk.decide_all(range(len(self.past.customers)), at)

    def in_force(self, rule: Rule) -> None:
        """New rules: everyone is looked at again."""
        self.desk.in_force(rule)
        check = rule.at if rule.at_once else rule.at + 1
        everyone = range(len(self.past.customers))
        self.looks.plan_all([place for place in everyone if self.measured.has_orders(place)], check)

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
        self.desk.decide_all(self.looks.take(at, BATCH), at)

    def _sit(self, at: int, versions: Sequence[int]) -> None:
        """Orders were taken in: their customers are decided about."""
        looked = [self.past.versions.all[version].customer for version in versions if self._take_in(at, version)]
        self.desk.decide_all(looked, at)

    def _come(self, at: int, version: int) -> None:
        """A sitting of one."""
        if self._take_in(at, version):
            self.desk.decide(self.past.versions.all[version].customer, at)

    def _take_in(self, at: int, version: int) -> bool:
        """Codes on orders are used, and their customer measured; whether they are decided about at once."""
        versions, measured, book = self.past.versions, self.measured, self.book
        one = versions.all[version]
        place = one.customer
        before, measured.version[place] = measured.version[place], version
        self.desk.forget(place)
        book.use(one.told, self.desk.rule.program)
        if book.offers[place] and one.end > one.start and (before < 0 or versions.all[before].last_id != one.last_id):
            book.come_back(place, version, self.desk.rule.program)
        if one.looked:
            measured.one(place, at)
        return one.looked

    def _dawn(self, night: int) -> None:
        """A night has learnt the store's numbers anew."""
        self.progress(1)
        self.measured.night = night
        if self.past.nights[night].everyone:
            self.measured.everyone()
        self.prepare()
