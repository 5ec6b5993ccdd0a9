"""One program over a store's past: the real decisions, event by event, on the customers of a sample."""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plugin.rewards.decide import decide
from plugin.rewards.decision import Budget, Decision, OfferSpec, PastOffer, Standing
from plugin.rewards.program import Program

YEAR = timedelta(days=365)
#: replayed before the year, so that it does not begin as if nobody had ever got an offer
LEAD = timedelta(days=90)
SOONEST = timedelta(minutes=1)
#: of events at one instant
ORDER, END, CHECK = 0, 1, 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """An order, and what was known of its customer from then until the next."""

    count: int
    at: datetime
    #: minor units
    value: int
    usual_gap_days: float | None = None
    late_at: datetime | None = None
    lapsing_at: datetime | None = None
    lost_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shopper:
    """A customer of the sample with all orders, oldest first."""

    customer_id: str
    left_out: bool
    turns: tuple[Turn, ...]

    def spend(self, moment: datetime) -> int:
        """Net spend of the 365 days before, minor units."""
        return sum(turn.value for turn in self.turns if moment - YEAR < turn.at <= moment)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """A store's last year for replays. ``scale``: customers of the store for each one of the sample."""

    shop: str
    timezone: str
    now: datetime
    scale: float
    shoppers: tuple[Shopper, ...]
    #: of all customers, ascending
    spends: tuple[int, ...]


@dataclass(slots=True, kw_only=True)
class Made:
    """An offer of the replay."""

    customer_id: str
    spec: OfferSpec
    #: YYYY-MM, whose money it is
    month: str
    held_out: bool
    #: the customer ordered before it ended, as they did without it
    came_back: bool = False
    #: what it took off that order, minor units
    cost: int = 0

    @property
    def is_discount(self) -> bool:
        """Not a reminder."""
        return self.spec.benefit.value > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What the rules did in the year, scaled up to all customers; money is minor units."""

    #: YYYY-MM -> offers with a discount
    by_month: Mapping[str, int]
    #: kind -> offers with a discount
    by_kind: Mapping[str, int]
    #: kind -> share of offers, or of what the control group would have got, whose customer ordered anyway
    came_back: Mapping[str, float]
    cost_a_month: int
    #: what was set aside for the offers made
    worst_a_month: int
    #: the day of the month on which the budget was used up, in each month in which it was
    ran_out: Sequence[int]
    #: customer of the sample -> percents of their offers, oldest first
    percents: Mapping[str, tuple[int, ...]]


def replay(store: Past, program: Program) -> Replay:
    """The year under a program, as if it were live."""
    run = _Run(store=store, program=replace(program, mode="live"))
    run.go()
    return run.summed()


@dataclass(slots=True, kw_only=True)
class _Run:
    store: Past
    program: Program
    events: list[tuple[datetime, int, int, int]] = field(default_factory=list)
    #: place of the shopper -> turns so far, offers so far; the newest check asked for
    turns: list[int] = field(default_factory=list)
    given: list[list[Made]] = field(default_factory=list)
    checks: list[datetime | None] = field(default_factory=list)
    made: list[Made] = field(default_factory=list)
    #: YYYY-MM -> money set aside or spent, of the whole store
    used: dict[str, float] = field(default_factory=dict)
    ran_out: dict[str, int] = field(default_factory=dict)

    def go(self) -> None:
        """Runs through all events in their order."""
        start = self.store.now - YEAR - LEAD
        for place, shopper in enumerate(self.store.shoppers):
            before = sum(turn.at <= start for turn in shopper.turns)
            self.turns.append(before)
            self.given.append([])
            self.checks.append(start if before else None)
            self.events += [(turn.at, ORDER, place, 0) for turn in shopper.turns[before:]]
            if before:
                self.events.append((start, CHECK, place, 0))
        heapq.heapify(self.events)
        while self.events:
            at, what, place, number = heapq.heappop(self.events)
            if what == ORDER:
                self._order(place, at)
            elif what == END:
                self._end(number)
            elif self.checks[place] == at:
                self._decide(place, at)

    def summed(self) -> Replay:
        """The year of the run, scaled up."""
        start, scale = self.store.now - YEAR, self.store.scale
        year = [one for one in self.made if one.is_discount and one.spec.starts_at > start]
        issued = [one for one in year if not one.held_out]
        kinds = sorted({one.spec.kind for one in year})
        of_kind = {kind: [one for one in year if one.spec.kind == kind] for kind in kinds}
        by_month: dict[str, float] = {}
        percents: dict[str, tuple[int, ...]] = {}
        for one in issued:
            by_month[one.month] = by_month.get(one.month, 0) + scale
            percents[one.customer_id] = (*percents.get(one.customer_id, ()), one.spec.benefit.value)
        first = f"{start.astimezone(ZoneInfo(self.store.timezone)):%Y-%m}"
        return Replay(
            by_month={month: round(count) for month, count in by_month.items()},
            by_kind={kind: round(scale * sum(not one.held_out for one in of_kind[kind])) for kind in kinds},
            came_back={kind: sum(one.came_back for one in of_kind[kind]) / len(of_kind[kind]) for kind in kinds},
            cost_a_month=round(scale * sum(one.cost for one in issued) / 12),
            worst_a_month=round(scale * sum(one.spec.reserve for one in issued) / 12),
            ran_out=[day for month, day in sorted(self.ran_out.items()) if month > first],
            percents=percents,
        )

    def _order(self, place: int, at: datetime) -> None:
        turn = self.store.shoppers[place].turns[self.turns[place]]
        self.turns[place] += 1
        for one in self.given[place]:
            one.came_back |= one.is_discount and at < one.spec.ends_at
        usable = [one for one in self.given[place] if self._is_usable(one, turn)]
        if usable:
            best = max(usable, key=lambda one: one.spec.benefit.value)
            best.cost = turn.value * best.spec.benefit.value // 100
            self._move(best, best.cost - best.spec.reserve)
        self._decide(place, at)

    def _is_usable(self, one: Made, turn: Turn) -> bool:
        open_still = turn.at < one.spec.ends_at and not one.cost and not one.held_out
        return open_still and one.is_discount and turn.value >= one.spec.benefit.minimum

    def _end(self, number: int) -> None:
        one = self.made[number]
        if not one.cost:
            self._move(one, -one.spec.reserve)

    def _move(self, one: Made, amount: int) -> None:
        self.used[one.month] = self.used.get(one.month, 0.0) + amount * self.store.scale

    def _decide(self, place: int, at: datetime) -> None:
        shopper = self.store.shoppers[place]
        local = at.astimezone(ZoneInfo(self.store.timezone))
        month = f"{local:%Y-%m}"
        decision = decide(
            standing=_standing(shopper, shopper.turns[self.turns[place] - 1], at),
            program=self.program,
            program_shop=self.store.shop,
            past=[_as_past(one, at) for one in self.given[place]],
            budget=Budget(month=month, cap=self.program.limits.monthly_budget, used=round(self.used.get(month, 0.0))),
            as_of=at,
            timezone=self.store.timezone,
        )
        if any(reason.code == "budget_used_up" for reason in decision.reasons):
            self.ran_out.setdefault(month, local.day)
        self._keep(place, decision, at=at, month=month)

    def _keep(self, place: int, decision: Decision, *, at: datetime, month: str) -> None:
        if decision.offer is not None and decision.outcome in {"issue", "held_out"}:
            held = decision.outcome == "held_out"
            one = Made(
                customer_id=self.store.shoppers[place].customer_id, spec=decision.offer, month=month, held_out=held
            )
            self.given[place].append(one)
            self.made.append(one)
            if not held and one.spec.reserve:
                self._move(one, one.spec.reserve)
                heapq.heappush(self.events, (one.spec.ends_at, END, place, len(self.made) - 1))
        check = decision.next_check_at
        self.checks[place] = None if check is None else max(check, at + SOONEST)
        if (soon := self.checks[place]) is not None and soon <= self.store.now:
            heapq.heappush(self.events, (soon, CHECK, place, 0))


def _standing(shopper: Shopper, turn: Turn, at: datetime) -> Standing:
    return Standing(
        customer_id=shopper.customer_id,
        order_count=turn.count,
        last_order_id=str(turn.count),
        last_order_at=turn.at,
        spend_365d=shopper.spend(at),
        usual_gap_days=turn.usual_gap_days,
        # the rules look at the instants below, not at these two words
        lateness=None,
        group="",
        late_at=turn.late_at,
        lapsing_at=turn.lapsing_at,
        lost_at=turn.lost_at,
        left_out=shopper.left_out,
    )


def _as_past(one: Made, at: datetime) -> PastOffer:
    state = "held_out" if one.held_out else "redeemed" if one.cost else "issued" if at < one.spec.ends_at else "expired"
    return PastOffer(
        kind=one.spec.kind,
        step=one.spec.step,
        rule=one.spec.rule,
        cycle=one.spec.cycle,
        state=state,
        percent=one.spec.benefit.value,
        created_at=one.spec.starts_at,
        ends_at=one.spec.ends_at,
    )
