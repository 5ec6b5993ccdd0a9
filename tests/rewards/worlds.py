"""Customers, programs and offers to decide about: plain ones to vary in a test, and every sound one for the laws."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import strategies as st

from plugin.rewards.decide import decide
from plugin.rewards.decision import Budget, Decision, OfferSpec, PastOffer, Standing
from plugin.rewards.invariants import STEP_NAMES
from plugin.rewards.made import of_spec
from plugin.rewards.program import Gift, Limits, Loyalty, Occasion, Program, Step, Surprise, Tier, Timing, WinBack
from plugin.rewards.propose import propose, with_win_back_on

ORDERED = datetime(2026, 10, 1, 12, tzinfo=UTC)
SHOP = "shopify|tea.example.com"
ZONES = ("UTC", "Europe/Berlin", "America/New_York", "Pacific/Auckland", "Africa/Cairo")


def after(days: float) -> datetime:
    """So many days after the last order of the plain customer."""
    return ORDERED + timedelta(days=days)


def usual_program(**limits: Any) -> Program:
    """The proposal for a store without orders, in dollars, live, win-back on and for all at once, nobody held out."""
    proposed = propose(currency="USD", spends_365d=[], order_values=[], monthly_revenue=0)
    program = replace(with_win_back_on(proposed), mode="live", holdout_percent=0)
    program = with_win_back(program, daily_ramp=0)
    return replace(program, limits=replace(program.limits, **limits))


def with_win_back(program: Program, **changes: Any) -> Program:
    """The program with changes of its win-back part."""
    return replace(program, win_back=replace(program.win_back, **changes))


def customer(**changes: Any) -> Standing:
    """Ordered at ORDERED, buys every 20 days, late after 30, spent 250.00 (Silver)."""
    plain = Standing(
        customer_id="7",
        order_count=4,
        last_order_id="1001",
        last_order_at=ORDERED,
        spend_365d=25_000,
        usual_gap_days=20.0,
        lateness="on_time",
        late_at=after(30),
        lapsing_at=after(60),
        lost_at=after(120),
        group="loyal",
        left_out=False,
    )
    return msgspec.structs.replace(plain, **changes)


def offer(**changes: Any) -> PastOffer:
    """A loyalty offer of 3 % for the last order, issued at once, good for 30 days."""
    plain = PastOffer(
        kind="loyalty",
        step="silver",
        rule="loyalty",
        cycle="order:1001",
        state="issued",
        percent=3,
        created_at=ORDERED,
        ends_at=after(30),
    )
    return msgspec.structs.replace(plain, **changes)


def rung(name: str, at: datetime, *, percent: int, cycle: str = "silence:1001", **changes: Any) -> PastOffer:
    """A step of the win-back ladder, good for 21 days."""
    plain = offer(
        kind="win_back",
        step=name,
        rule=f"win_back/{name}",
        cycle=cycle,
        percent=percent,
        created_at=at,
        ends_at=at + timedelta(days=21),
    )
    return msgspec.structs.replace(plain, **changes)


def decided(at: datetime, *, past: tuple[PastOffer, ...] = (), **changes: Any) -> Decision:
    """The decision about the plain customer under the usual program, with changes."""
    arguments: dict[str, Any] = {
        "standing": customer(),
        "program": usual_program(),
        "program_shop": SHOP,
        "past": past,
        "budget": Budget(month=f"{at:%Y-%m}", cap=50_000, used=0),
        "as_of": at,
    }
    return decide(**{**arguments, **changes})


def recorded(spec: OfferSpec, *, state: str = "issued") -> PastOffer:
    """An offer as the next decision sees it."""
    return of_spec(spec, state=state)


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that a decision depends on, but the instant."""

    standing: Standing
    program: Program
    past: tuple[PastOffer, ...]
    #: money used in the first month before we came; later months begin empty
    used: int
    #: money used and win-back messages sent on the first day before we came
    day_used: int
    win_backs_today: int
    timezone: str


percents = st.integers(0, 50)
#: on nearly always: a program that is off has little to say
switches = st.sampled_from((True, True, True, True, False))


@st.composite
def rewards(draw: st.DrawFn, *, percent: st.SearchStrategy[int], minimum: int) -> dict[str, Any]:
    """What a tier or a step gives: mostly a percentage."""
    kind = draw(st.sampled_from(("percent", "percent", "percent", "fixed", "shipping", "gift")))
    if kind == "fixed" and not minimum:
        kind = "shipping"
    amount = draw(st.integers(1, minimum if kind == "fixed" else 5_000))
    given = {"type": kind, "percent": draw(percent), "cap": draw(st.just(0) | st.integers(0, 9_000))}
    return given | {
        "amount": 0 if kind == "percent" else amount,
        "product": "7001" if kind == "gift" else "",
    }


@st.composite
def occasions(draw: st.DrawFn, minimum: int) -> tuple[Occasion, ...]:
    """Mostly none."""
    kinds = draw(st.sampled_from(((), (), ("order_number",), ("anniversary", "group"))))
    return tuple(
        Occasion(
            on=kind,
            number={"order_number": 4, "anniversary": draw(st.integers(0, 3)), "group": 0}[kind],
            group="loyal" if kind == "group" else "",
            valid_days=draw(st.integers(3, 60)),
            **draw(rewards(percent=st.integers(1, 50), minimum=minimum)),
        )
        for kind in kinds
    )


@st.composite
def surprises(draw: st.DrawFn) -> Surprise:
    """Mostly off."""
    return Surprise(
        enabled=draw(st.sampled_from((False, False, True))),
        pool=draw(st.sampled_from(("champions", "best", "everyone"))),
        odds_percent=draw(st.integers(1, 100)),
        monthly_budget=draw(st.integers(0, 9_000)),
        gifts=(Gift(percent=9, weight=2), Gift(percent=0, weight=1, type="gift", amount=400, product="7")),
    )


@st.composite
def programs(draw: st.DrawFn, *, modes: tuple[str, ...] = ("live",)) -> Program:
    """Any sound program."""
    names = sorted(draw(st.sets(st.sampled_from(STEP_NAMES), min_size=1)), key=STEP_NAMES.index)
    starts = sorted(draw(st.sets(st.integers(1, 10**6), max_size=5)))
    minimum = draw(st.integers(0, 5_000))
    guard = minimum + draw(st.integers(1, 50_000))
    return Program(
        key=draw(st.sampled_from(("main", "spring-2026"))),
        mode=draw(st.sampled_from(modes)),
        currency=draw(st.sampled_from(("USD", "JPY", "KWD"))),
        code_prefix=draw(st.sampled_from(("", "REG", "TEA2026"))),
        loyalty=Loyalty(
            enabled=draw(switches),
            tiers=tuple(
                Tier(
                    name=f"Tier {place}",
                    spend_from=start,
                    **draw(rewards(percent=percents | st.integers(1, 50), minimum=minimum)),
                )
                for place, start in enumerate([0, *starts])
            ),
            valid_days=draw(st.integers(3, 60)),
            occasions=draw(occasions(minimum)),
        ),
        win_back=WinBack(
            enabled=draw(switches),
            timing=Timing(
                rule=draw(st.sampled_from(("recommended", "days", "gap_multiple", "quantile"))),
                days=draw(st.integers(7, 90)),
                gap_multiple_tenths=draw(st.integers(10, 40)),
            ),
            steps=tuple(
                Step(
                    name=name,
                    wait_days=draw(st.integers(1 if place else 0, 40)),
                    **draw(rewards(percent=st.just(0) | st.integers(1, 50), minimum=minimum)),
                    valid_days=draw(st.integers(3, 60)),
                )
                for place, name in enumerate(names)
            ),
            sunset_days=draw(st.integers(0, 200)),
            max_age_days=draw(st.integers(1, 60)),
            daily_ramp=draw(st.sampled_from((0, 0, 1, 2))),
        ),
        limits=Limits(
            highest_percent=draw(st.just(20) | st.integers(1, 50) | percents),
            min_order=minimum,
            order_guard=guard,
            wait_days=draw(st.integers(7, 90)),
            **draw(st.sampled_from(({}, {}, {"margin_percent": 30, "margin_floor_percent": 20}))),
            daily_budget=draw(st.just(0) | st.integers(0, 9_000)),
            customer_year=draw(st.just(0) | st.integers(0, 20_000)),
            products=draw(st.sampled_from(((), ("7", "8")))),
            collections=draw(st.sampled_from(((), ("70",)))),
            combine_shipping=draw(st.booleans()),
            # from not one offer to a dozen
            monthly_budget=guard * draw(st.integers(0, 120)) // 100,
        ),
        holdout_percent=draw(st.just(0) | st.integers(0, 50)),
        surprise=draw(surprises()),
        rollout_percent=draw(st.sampled_from((100, 100, 100, 50))) if len(modes) > 1 else 100,
    )


@st.composite
def past_offers(draw: st.DrawFn) -> PastOffer:
    """An offer of this silence, this order or an earlier one, in any state."""
    made = after(draw(st.integers(-250, 0)))
    win_back = draw(st.booleans())
    step = draw(st.sampled_from(STEP_NAMES)) if win_back else "silver"
    turn = draw(st.sampled_from(("900", "901", "1001")))
    kind = draw(st.sampled_from(("", "percent", "fixed", "shipping", "gift")))
    return PastOffer(
        kind="win_back" if win_back else "loyalty",
        step=step,
        rule=f"win_back/{step}" if win_back else "loyalty",
        cycle=f"{'silence' if win_back else 'order'}:{turn}",
        state=draw(st.sampled_from(("held_out", "issued", "redeemed", "expired", "revoked", "cancelled", "rejected"))),
        percent=draw(percents) if kind in {"", "percent"} else 0,
        type=kind,
        worth=0 if kind == "" else draw(st.integers(1, 9_000)),
        spent=draw(st.just(0) | st.integers(0, 9_000)),
        created_at=made,
        ends_at=made + timedelta(days=draw(st.integers(3, 60))),
    )


@st.composite
def worlds(draw: st.DrawFn, *, modes: tuple[str, ...] = ("live",)) -> World:
    """Any customer with any past under any sound program."""
    program = draw(programs(modes=modes))
    late = draw(st.none() | st.integers(1, 60) | st.integers(1, 150))
    standing = customer(
        customer_id=str(draw(st.integers(1, 50))),
        spend_365d=draw(st.integers(0, 10**6)),
        usual_gap_days=draw(st.none() | st.floats(0.5, 20) | st.floats(0.5, 60)),
        late_at=None if late is None else after(late),
        first_order_at=draw(st.none() | st.integers(0, 1_500).map(lambda days: after(-days))),
        quantile_days=draw(st.none() | st.floats(1, 80)),
    )
    return World(
        standing=standing,
        program=program,
        past=tuple(draw(st.just([]) | st.lists(past_offers(), min_size=2, max_size=4))),
        used=draw(st.just(0) | st.integers(0, program.limits.monthly_budget)),
        day_used=draw(st.just(0) | st.integers(0, 9_000)),
        win_backs_today=draw(st.integers(0, 2)),
        timezone=draw(st.sampled_from(ZONES)),
    )
