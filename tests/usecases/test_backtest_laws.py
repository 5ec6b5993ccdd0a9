"""Laws of a replay: nothing later is seen, what is skipped is certain, what is known is what was measured."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from plugin.rewards.parts import Occasion, Timing
from plugin.rewards.program import Program
from plugin.rewards.propose import propose, with_win_back_on
from plugin.signals.columns import NO_TIME
from plugin.signals.days import local_days
from plugin.signals.history import MICROS, PurchaseHistory
from plugin.signals.measure import measure
from plugin.signals.model import fit
from plugin.usecases.backtest import nights, versions
from plugin.usecases.backtest.made import Made
from plugin.usecases.backtest.past import Past, Plan, Rule
from plugin.usecases.backtest.run import Run, replay
from plugin.usecases.backtest.versions import Telling
from storage.columns import EPOCH, MICROSECOND, to_micros

ZONE = "Europe/Berlin"
BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
NOW = datetime(2026, 3, 15, 11, tzinfo=UTC)
MIDDLE = datetime(2025, 12, 10, 15, tzinfo=UTC)
#: a smaller example says little more here, and takes long to find
QUICKLY = settings(deadline=None, phases=(Phase.explicit, Phase.reuse, Phase.generate))
Order = tuple[int, datetime, int]
#: minor units of a fixed amount
AMOUNTS = st.integers(1, 900)


def store(seed: int, customers: int = 25) -> list[Order]:
    """Orders of a small store: who, when, minor units; some come often, some never again."""
    chance = random.Random(seed)
    found = []
    for who in range(customers):
        moment, pace = BEGIN + timedelta(days=chance.uniform(0, 150)), chance.choice((6, 20, 45, 300))
        while moment < NOW:
            found.append((who, moment.replace(microsecond=0), chance.randrange(500, 20_000)))
            moment += timedelta(days=chance.expovariate(1 / pace) + 0.01)
    return found


def past_of(bought: Sequence[Order], *, now: datetime = NOW, start: datetime = BEGIN) -> Past:
    """The past that consists of these orders, known when they were placed."""
    names = sorted({f"c{who:03d}" for who, _, _ in bought})
    tellings: dict[str, list[Telling]] = {name: [] for name in names}
    for who, at, net in bought:
        told = Telling(
            at=to_micros(at), sitting=0, order_id=f"{at:%y%m%d%H%M%S}-{who}", ordered_at=to_micros(at), net=net
        )
        tellings[f"c{who:03d}"].append(told)
    return Past(
        shop="shopify|laws",
        timezone=ZONE,
        now=now,
        customers=names,
        scale=1.0,
        left_out=frozenset({"c003", "c004"}),
        versions=versions.build(names, tellings, timezone=ZONE, since=to_micros(start)),
        nights=list(nights.walked(history_of(bought), start=start, end=now)),
        since=None,
    )


def history_of(bought: Sequence[Order]) -> PurchaseHistory:
    """The same as the signals take it."""
    names = sorted({f"c{who:03d}" for who, _, _ in bought})
    rows = sorted((names.index(f"c{who:03d}"), int(at.timestamp()), net) for who, at, net in bought)
    customer, at, value = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    return PurchaseHistory(
        customer_ids=tuple(names), customer=customer, at=at, day=local_days(at, ZONE), value=value, timezone=ZONE
    )


@st.composite
def programs(draw: st.DrawFn) -> Program:
    """Rules of many kinds, all of them live."""
    base = with_win_back_on(
        propose(
            currency="EUR", spends_365d=list(range(0, 90_000, 500)), order_values=[4_000] * 60, monthly_revenue=300_000
        )
    )
    win_back = replace(
        base.win_back,
        timing=Timing(rule=draw(st.sampled_from(("recommended", "days", "quantile"))), days=30, gap_multiple_tenths=15),
        sunset_days=draw(st.sampled_from((30, 180))),
        max_age_days=draw(st.sampled_from((7, 30))),
        steps=tuple(
            replace(step, wait_days=step.wait_days and draw(st.integers(3, 20))) for step in base.win_back.steps
        ),
        daily_ramp=draw(st.sampled_from((0, 0, 2))),
    )
    limits = replace(
        base.limits,
        wait_days=draw(st.sampled_from((7, 45))),
        monthly_budget=draw(st.sampled_from((1_000, 10_000, 1_000_000))),
        daily_budget=draw(st.sampled_from((0, 0, 5_000))),
        customer_year=draw(st.sampled_from((0, 0, 9_000))),
    )
    occasion = Occasion(on="order_number", number=3, group="", percent=7, valid_days=20)
    loyalty = replace(
        base.loyalty,
        enabled=draw(st.booleans()),
        grace_days=draw(st.sampled_from((0, 0, 14))),
        occasions=draw(st.sampled_from(((), (), (occasion,)))),
    )
    holdout, share = draw(st.sampled_from((0, 20))), draw(st.sampled_from((100, 100, 50)))
    return replace(
        base,
        mode="live",
        win_back=win_back,
        limits=limits,
        loyalty=loyalty,
        holdout_percent=holdout,
        rollout_percent=share,
    )


@st.composite
def usual_programs(draw: st.DrawFn) -> Program:
    """Rules of the kinds that need not be asked, with every kind of discount."""
    base = with_win_back_on(
        propose(
            currency="EUR", spends_365d=list(range(0, 90_000, 500)), order_values=[4_000] * 60, monthly_revenue=300_000
        )
    )
    kinds = st.sampled_from(("percent", "percent", "fixed", "shipping"))
    limits = replace(
        base.limits,
        wait_days=draw(st.sampled_from((7, 45))),
        monthly_budget=draw(st.sampled_from((300, 3_000, 10_000, 1_000_000))),
        highest_percent=draw(st.sampled_from((0, 7, 30))),
    )
    win_back = replace(
        base.win_back,
        sunset_days=draw(st.sampled_from((30, 180))),
        max_age_days=draw(st.sampled_from((7, 30))),
        steps=tuple(
            replace(step, wait_days=step.wait_days and draw(st.integers(3, 20)), type=draw(kinds), amount=draw(AMOUNTS))
            for step in base.win_back.steps
        ),
        daily_ramp=draw(st.sampled_from((0, 0, 1, 3))),
    )
    loyalty = replace(
        base.loyalty,
        enabled=draw(st.sampled_from((True, True, False))),
        tiers=tuple(replace(tier, type=draw(kinds), amount=draw(AMOUNTS)) for tier in base.loyalty.tiers),
    )
    holdout = draw(st.sampled_from((0, 20)))
    return replace(base, mode="live", win_back=win_back, limits=limits, loyalty=loyalty, holdout_percent=holdout)


def told(made: Sequence[Made]) -> list[tuple[object, ...]]:
    """All there is to an offer when it is made."""
    return [(one.at, one.customer_id, one.spec, one.held_out, one.month) for one in made]


def begun(program: Program, *, plainly: bool = False) -> Plan:
    """These rules from the first day on."""
    return Plan(rules=[Rule(at=to_micros(BEGIN), program=program)], plainly=plainly)


@settings(QUICKLY, max_examples=8)
@given(program=programs(), seed=st.integers(0, 10**6))
def test_later_orders_change_no_earlier_decision(program: Program, seed: int) -> None:
    """Design law 10: with all that came afterwards, new customers included, the offers until a day are the same."""
    bought = store(seed)
    before = [one for one in bought if one[1] <= MIDDLE]
    whole = replay(past_of(bought), begun(program))
    early = replay(past_of(before, now=MIDDLE), begun(program))

    assert told([one for one in whole.made if one.at <= to_micros(MIDDLE)]) == told(early.made)


@settings(QUICKLY, max_examples=6)
@given(program=programs(), seed=st.integers(0, 10**6))
def test_what_is_not_asked_is_certain(program: Program, seed: int) -> None:
    """A replay that asks the rules every time makes the same offers, and runs out of money on the same days."""
    _holds_alike(past_of(store(seed)), program)


@settings(QUICKLY, max_examples=12)
@given(program=usual_programs(), seed=st.integers(0, 10**6), scale=st.sampled_from((1.0, 1.0, 7.5)))
def test_usual_rules_need_not_be_asked(program: Program, seed: int, scale: float) -> None:
    """Under rules of the usual kinds all is certain and as the rules say, also where a sample overdraws the month."""
    run = _holds_alike(replace(past_of(store(seed, 20)), scale=scale), program)

    assert run.desk.asked == 0


def test_those_who_wait_for_room_in_a_day_need_not_be_asked() -> None:
    """Where more customers wait than one round of the worker looks at, each is chosen on the day on which the rules say."""
    bought = [
        (100 + who, BEGIN + timedelta(days=day + who % 9, minutes=who), 5_000)
        for who in range(250)
        for day in (2, 9, 16)
    ]
    base = with_win_back_on(
        propose(currency="EUR", spends_365d=[5_000] * 50, order_values=[5_000] * 60, monthly_revenue=900_000)
    )
    for budget in (3_000, 1_000_000):
        limits = replace(base.limits, monthly_budget=budget)
        program = replace(base, mode="live", win_back=replace(base.win_back, daily_ramp=2), limits=limits)
        run = _holds_alike(past_of([*store(3), *bought], now=MIDDLE), program)

        assert run.desk.asked == 0


def _holds_alike(past: Past, program: Program) -> Run:
    quick, plain = replay(past, begun(program)), replay(past, begun(program, plainly=True))
    assert told(quick.made) == told(plain.made)
    assert [(one.state, one.cost, one.came_back) for one in quick.made] == [
        (one.state, one.cost, one.came_back) for one in plain.made
    ]
    assert (quick.desk.ran_out, quick.desk.overlaps) == (plain.desk.ran_out, plain.desk.overlaps)
    assert (quick.desk.certain + quick.desk.asked, plain.desk.certain) == (plain.desk.asked, 0)
    return quick


def test_the_proposed_rules_are_the_kind_that_is_quick() -> None:
    """Some decisions under them need not be asked, or the law above would hold of nothing."""
    program = with_win_back_on(
        propose(
            currency="EUR", spends_365d=list(range(0, 90_000, 500)), order_values=[4_000] * 60, monthly_revenue=300_000
        )
    )
    run = replay(past_of(store(1)), begun(replace(program, mode="live")))

    assert run.desk.quick.speaks
    assert 10 * run.desk.certain > run.desk.asked


@settings(QUICKLY, max_examples=10)
@given(seed=st.integers(0, 10**6), days=st.integers(20, 280))
def test_what_is_known_is_what_would_have_been_measured(seed: int, days: int) -> None:
    """The rhythm and the spend of each customer at a night are those that the signals measure then."""
    at = BEGIN + timedelta(days=days, hours=1)
    history, past = history_of(store(seed)), past_of(store(seed), start=at)
    if not (history.at <= int(at.timestamp())).any():
        return
    model = fit(history, at)
    signals = measure(history, model, at)
    known = {past.customers[place]: past.versions.known(place, to_micros(at)) for place in range(len(past.customers))}
    table = past.rhythms.by(model.gaps)
    today = int(local_days(np.array([signals.as_of]), ZONE)[0])
    for place, who in enumerate(signals.customer_ids):
        version = known[who]
        late = int(signals.late_at[place])
        assert table.of(version)[1] == (None if late == NO_TIME else late)
        assert past.versions.spend_365d(version, today) == signals.spend_365d[place]
        assert past.versions.last_at(version) == signals.last_order_at[place]
        assert past.versions.group(version, model.group_cuts) == signals.group[place]


def test_an_order_that_is_taken_back_leaves_what_was_known_before() -> None:
    """A refund makes a new version; the one before it stays as it was."""
    at = [to_micros(BEGIN + timedelta(days=day)) for day in (0, 10, 20)]
    tellings = [
        Telling(at=at[0], sitting=1, order_id="a", ordered_at=at[0], net=500),
        Telling(at=at[1], sitting=2, order_id="b", ordered_at=at[1], net=700),
        Telling(at=at[2], sitting=3, order_id="a", ordered_at=at[0], net=0),
    ]
    found = versions.build(["x"], {"x": tellings}, timezone=ZONE, since=at[0] - 1)

    assert [found.rows(place) for place in range(3)] == [
        ([at[0] // MICROS], [500]),
        ([at[0] // MICROS, at[1] // MICROS], [500, 700]),
        ([at[1] // MICROS], [700]),
    ]
    assert [one.last_id for one in found.all] == ["a", "b", "b"]
    assert EPOCH + found.all[2].at * MICROSECOND == BEGIN + timedelta(days=20)
