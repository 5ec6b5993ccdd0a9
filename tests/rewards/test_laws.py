"""Laws of every decision, for every customer, past and program."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.rewards.decide import decide, primary_reason
from plugin.rewards.decision import Budget, Decision, PastOffer
from plugin.rewards.inputs import freeze, redecide, thaw
from tests.rewards.worlds import SHOP, World, after, recorded, worlds

DAYS = 220
instants = (st.integers(0, 20 * 24) | st.integers(0, 300 * 24)).map(lambda hours: after(hours / 24))


def at(
    world: World,
    moment: datetime,
    *,
    past: tuple[PastOffer, ...] | None = None,
    used: int | None = None,
    surprise_used: int = 0,
    today: tuple[int, int] | None = None,
) -> Decision:
    """The decision in a world at a moment."""
    return decide(
        standing=world.standing,
        program=world.program,
        program_shop=SHOP,
        past=world.past if past is None else past,
        budget=Budget(
            month=month_of(world, moment),
            cap=world.program.limits.monthly_budget,
            used=world.used if used is None else used,
            surprise_used=surprise_used,
            day_used=world.day_used if today is None else today[0],
            win_backs_today=world.win_backs_today if today is None else today[1],
        ),
        as_of=moment,
        timezone=world.timezone,
    )


def month_of(world: World, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(world.timezone)):%Y-%m}"


def day_of(world: World, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(world.timezone)):%Y-%m-%d}"


def life(world: World, start: datetime, *, daily: bool) -> Iterator[tuple[datetime, Decision]]:
    """The decisions of many days: every day, or only on days by which the last decision asked to be looked at again.

    What is given is written down and expires when it has ended; each month and each day has its own money.
    """
    past, used = world.past, {month_of(world, start): world.used}
    days = {day_of(world, start): (world.day_used, world.win_backs_today)}
    due: datetime | None = start
    for passed in range(DAYS):
        now = start + timedelta(days=passed)
        if not daily and (due is None or now < due):
            continue
        month, day = month_of(world, now), day_of(world, now)
        past = tuple(as_of_now(one, now) for one in past)
        decision = at(
            world,
            now,
            past=past,
            used=used.get(month, 0),
            surprise_used=used.get(f"{month} surprise", 0),
            today=days.get(day, (0, 0)),
        )
        yield now, decision
        due = decision.next_check_at
        if decision.offer is not None:
            held_out = decision.outcome == "held_out"
            past = (*past, recorded(decision.offer, state="held_out" if held_out else "issued"))
            money, win_backs = (0 if held_out else decision.offer.reserve), decision.offer.kind == "win_back"
            account = f"{month} surprise" if decision.offer.kind == "surprise" else month
            used[account] = used.get(account, 0) + money
            before = days.get(day, (0, 0))
            days[day] = (before[0] + money, before[1] + win_backs)


def as_of_now(past: PastOffer, now: datetime) -> PastOffer:
    """An issued offer is expired once it has ended."""
    return msgspec.structs.replace(past, state="expired") if past.state == "issued" and past.ends_at <= now else past


@settings(max_examples=100)
@given(worlds(), instants)
def test_the_days_between_two_checks_would_change_nothing(world: World, start: datetime) -> None:
    """Looking only when the last decision said so gives the same offers on the same days as looking every day."""
    everyday = [(now, one.outcome, one.offer) for now, one in life(world, start, daily=True) if one.offer]
    when_due = [(now, one.outcome, one.offer) for now, one in life(world, start, daily=False) if one.offer]
    assert when_due == everyday


@settings(max_examples=100)
@given(worlds(modes=("shadow",)), instants)
def test_nor_would_they_in_the_shadow(world: World, start: datetime) -> None:
    """In shadow mode the last decision always tells what the live program would give today."""
    seen = dict(life(world, start, daily=False))
    told = None
    for now, today in life(world, start, daily=True):
        told = seen.get(now, told)
        assert told is not None
        assert would(told) == would(today)


def would(decision: Decision) -> tuple[object, ...]:
    """The offer that the shadow keeps back, without its dates."""
    assert decision.outcome == "hold"
    numbers = next(reason.numbers for reason in decision.reasons if reason.code == "shadow")
    kept_back = numbers["offer"] or {}
    return numbers["would"], kept_back.get("rule"), kept_back.get("cycle"), kept_back.get("percent")


@given(worlds(modes=("live", "shadow")), instants)
def test_a_check_lies_ahead(world: World, moment: datetime) -> None:
    """The next check is never in the past, and after a hold it is in the future."""
    decision = at(world, moment)
    if decision.next_check_at is not None:
        assert decision.next_check_at >= moment
        assert decision.next_check_at > moment or decision.offer is not None


@given(worlds(modes=("live", "shadow")), instants, st.booleans())
def test_a_decision_can_be_made_again_from_its_kept_inputs(world: World, moment: datetime, importing: bool) -> None:
    """Through JSON text and back, the same program gives the same decision in every part."""
    given_inputs = {
        "standing": world.standing,
        "past": world.past,
        "budget": Budget(month="2026-11", cap=world.program.limits.monthly_budget, used=world.used),
        "as_of": moment,
        "program_shop": SHOP,
        "importing": importing,
        "timezone": world.timezone,
    }
    kept = json.loads(json.dumps(freeze(**given_inputs), allow_nan=False))
    assert thaw(kept) == given_inputs
    assert redecide(kept, world.program) == decide(program=world.program, **given_inputs)


@given(worlds(modes=("live", "shadow")), instants)
def test_reasons_can_be_kept_as_json(world: World, moment: datetime) -> None:
    """All numbers of all reasons are plain JSON, and every reason has a code and a sentence."""
    for reason in at(world, moment).reasons:
        assert json.loads(json.dumps(dict(reason.numbers), allow_nan=False)) == reason.numbers
        assert reason.code.replace("_", "").isalpha()
        assert reason.detail.endswith(".")


@given(worlds(), instants, st.randoms(use_true_random=False))
def test_the_order_of_the_past_does_not_matter(world: World, moment: datetime, random: st.DataObject) -> None:
    """A customer's offers may come in any order: outcome, offer and next check are the same."""
    shuffled = list(world.past)
    random.shuffle(shuffled)
    ours, theirs = at(world, moment), at(world, moment, past=tuple(shuffled))
    assert (ours.outcome, ours.offer, ours.next_check_at) == (theirs.outcome, theirs.offer, theirs.next_check_at)


@given(worlds(), instants)
def test_nobody_gets_the_same_twice(world: World, moment: datetime) -> None:
    """No offer has the rule and the turn of one that exists, whatever has become of that."""
    decision = at(world, moment)
    if decision.offer is not None:
        assert (decision.offer.rule, decision.offer.cycle) not in {(offer.rule, offer.cycle) for offer in world.past}


@given(worlds(), instants)
def test_money_stays_within_its_limits(world: World, moment: datetime) -> None:
    """What is set aside fits into the month, the percentage is under the highest, and a reminder costs nothing."""
    decision, limits = at(world, moment), world.program.limits
    if decision.offer is None:
        return
    spec = decision.offer
    own_money = spec.kind == "surprise"
    cap = world.program.surprise.monthly_budget if own_money else limits.monthly_budget
    assert (0 if own_money else world.used) + spec.reserve <= cap or spec.reserve == 0
    if limits.daily_budget and spec.reserve:
        assert world.day_used + spec.reserve <= limits.daily_budget
    if limits.customer_year and spec.reserve:
        year = [one for one in world.past if one.created_at > moment - timedelta(days=365)]
        open_still = [one for one in year if one.state in {"issued", "held_out"} and moment < one.ends_at]
        spent = sum(one.spent for one in year if one.state == "redeemed" or one in open_still)
        assert spent + spec.reserve <= limits.customer_year
    if world.program.win_back.daily_ramp and spec.kind == "win_back":
        assert world.win_backs_today < world.program.win_back.daily_ramp
    benefit = spec.benefit
    if benefit.type == "percent":
        assert 0 < benefit.value <= limits.highest_percent
        assert spec.reserve * 100 >= benefit.value * limits.order_guard > (spec.reserve - 1) * 100
    if benefit.type == "fixed":
        assert 0 < benefit.value * 100 <= limits.highest_percent * benefit.minimum
    assert (benefit.type == "none") == (spec.reserve == 0)
    assert benefit.cap == spec.reserve
    assert spec.starts_at == moment < spec.ends_at


@given(worlds(), instants)
def test_both_arms_are_treated_alike(world: World, moment: datetime) -> None:
    """Whoever is held out is held out from exactly the offer that the others get at the same time."""
    held_out = at(replace(world, program=replace(world.program, holdout_percent=50)), moment)
    treated = at(replace(world, program=replace(world.program, holdout_percent=0)), moment)
    assert held_out.offer == treated.offer
    assert treated.outcome != "held_out"
    assert held_out.outcome in {treated.outcome, "held_out"}


@given(worlds(modes=("live", "shadow")), instants)
def test_what_is_not_given_has_one_main_reason(world: World, moment: datetime) -> None:
    """An offer has only reasons that speak for it; everything else has a first one that does not."""
    decision = at(world, moment)
    main = primary_reason(decision)
    if decision.outcome == "issue":
        assert main is None
        assert all(reason.ok for reason in decision.reasons)
    elif decision.outcome == "held_out":
        assert [reason.code for reason in decision.reasons if not reason.ok] == ["control_group"]
    else:
        assert main is not None
        assert not main.ok


@given(worlds(), instants)
def test_a_new_order_ends_the_ladder(world: World, moment: datetime) -> None:
    """After another order no step of the old silence is given."""
    newer = replace(world, standing=msgspec.structs.replace(world.standing, last_order_id="1002", last_order_at=moment))
    decision = at(newer, moment)
    assert (
        decision.offer is None
        or decision.offer.kind in {"occasion", "surprise"}
        or decision.offer.cycle.endswith(":1002")
    )
