"""Tiers: entered at once, kept through a grace, lowered one step at a time, and a function of the orders alone."""

from __future__ import annotations

from dataclasses import replace
from itertools import accumulate, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from plugin.rewards.decide import decide
from plugin.rewards.decision import Budget, Decision
from plugin.rewards.parts import Loyalty, Tier
from plugin.rewards.standing_tier import DAY, YEAR, Held, is_plain, standing_tier
from plugin.rewards.tiers import tier_of
from tests.rewards.worlds import after, customer, decided, usual_program

START = 1_700_000_000_000_000


@st.composite
def loyalties(draw: st.DrawFn) -> Loyalty:
    """Tiers with any thresholds."""
    starts = sorted(draw(st.sets(st.integers(1, 60), min_size=1, max_size=4)))
    retain = draw(st.sampled_from((50, 80, 100)))
    return Loyalty(
        enabled=True,
        tiers=tuple(
            Tier(name=f"T{place}", spend_from=start * 100, percent=place, orders_from=start)
            for place, start in enumerate([0, *starts])
        ),
        valid_days=30,
        measure=draw(st.sampled_from(("spend", "orders"))),
        retain_percent=retain,
        reenter_percent=draw(st.integers(retain, 150)),
        grace_days=draw(st.sampled_from((0, 10, 30, 90))),
    )


orders = st.lists(st.tuples(st.integers(0, 200), st.integers(1, 4_000)), max_size=12).map(
    lambda gaps: (
        [START + days * DAY for days in accumulate(gap for gap, _ in gaps)],
        [value for _, value in gaps],
    )
)


def held(found: tuple[list[int], list[int]], loyalty: Loyalty, day: int) -> Held:
    """The tier so many days after the start."""
    return standing_tier(*found, loyalty, START + day * DAY)


@given(orders, loyalties(), st.integers(0, 3_000), st.integers(1, 4_000))
def test_later_orders_change_no_earlier_tier(
    found: tuple[list[int], list[int]], loyalty: Loyalty, day: int, value: int
) -> None:
    """What is appended after an instant has no say in the tier at that instant."""
    as_of = START + day * DAY
    past = [each for each in zip(*found, strict=True) if each[0] <= as_of]
    more = [*past, (as_of + 1, value)]
    shown = held(found, loyalty, day)
    alone = standing_tier([at for at, _ in past], [net for _, net in past], loyalty, as_of)
    assert shown == alone == standing_tier([at for at, _ in more], [net for _, net in more], loyalty, as_of)


@settings(max_examples=40)
@given(orders, loyalties())
def test_one_step_down_in_one_grace(found: tuple[list[int], list[int]], loyalty: Loyalty) -> None:
    """Between two looks five days apart a tier falls at most one step, and two steps down lie a whole grace apart."""
    places = [held(found, loyalty, day).place for day in range(0, 1_200, 5)]
    drops = [turn for turn in range(1, len(places)) if places[turn] < places[turn - 1]]
    if loyalty.grace_days:
        assert all(places[turn] == places[turn - 1] - 1 for turn in drops)
        assert all((later - earlier) * 5 >= loyalty.grace_days for earlier, later in pairwise(drops))


@given(orders, loyalties(), st.integers(0, 2_000))
def test_nobody_falls_without_a_grace_that_was_told(
    found: tuple[list[int], list[int]], loyalty: Loyalty, day: int
) -> None:
    """A tier below what it takes to stay has an end of its grace ahead; one that is safe has none."""
    shown = held(found, loyalty, day)
    assert (shown.ends_at is not None) == (shown.value < shown.needed)
    assert shown.ends_at is None or START + day * DAY < shown.ends_at == shown.changes_at


@given(orders, loyalties(), st.integers(0, 2_000))
def test_nothing_changes_before_it_was_said(found: tuple[list[int], list[int]], loyalty: Loyalty, day: int) -> None:
    """Until ``changes_at``, without orders, place and grace stay; at it they do not."""
    past = [each for each in zip(*found, strict=True) if each[0] <= START + day * DAY]
    alone = ([at for at, _ in past], [net for _, net in past])
    now = standing_tier(*alone, loyalty, START + day * DAY)
    if now.changes_at is None:
        later = standing_tier(*alone, loyalty, START + (day + 3_000) * DAY)
        assert later.place == now.place
        return
    just_before = standing_tier(*alone, loyalty, now.changes_at - 1)
    then = standing_tier(*alone, loyalty, now.changes_at)
    assert (just_before.place, just_before.ends_at) == (now.place, now.ends_at)
    assert (then.place, then.ends_at) != (now.place, now.ends_at) or loyalty.grace_days == 0


@given(orders, loyalties(), st.integers(0, 2_000))
def test_plain_rules_are_the_present_spend(found: tuple[list[int], list[int]], loyalty: Loyalty, day: int) -> None:
    """Without grace, and with one threshold for all, the replay gives the tier that the spend of 365 days reaches."""
    plain = replace(loyalty, measure="spend", retain_percent=100, reenter_percent=100, grace_days=0)
    as_of = START + day * DAY
    spend = sum(net for at, net in zip(*found, strict=True) if as_of - YEAR < at <= as_of)
    assert is_plain(plain)
    program = replace(usual_program(), loyalty=plain)
    assert plain.tiers[held(found, plain, day).place] == tier_of(program, spend)


LOYALTY = Loyalty(
    enabled=True,
    tiers=(
        Tier(name="Member", spend_from=0, percent=0),
        Tier(name="Silver", spend_from=10_000, percent=3),
        Tier(name="Gold", spend_from=30_000, percent=5),
    ),
    valid_days=30,
    retain_percent=80,
    reenter_percent=120,
    grace_days=30,
)


def test_a_customers_years() -> None:
    """Up at once, down by steps of a grace each, and back only at the higher threshold."""
    at, net = [START, START + 10 * DAY, START + 200 * DAY], [15_000, 15_000, 7_000]
    assert held((at, net), LOYALTY, 5).place == 1
    assert held((at, net), LOYALTY, 10).place == 2
    # 365 days after the first order 22,000 are left, below the 24,000 that it takes to stay
    kept = held((at, net), LOYALTY, 365)
    assert (kept.place, kept.value, kept.needed, kept.ends_at) == (2, 22_000, 24_000, START + 395 * DAY)
    # by then the second order is gone too: 7,000 are below the 8,000 of Silver
    assert (held((at, net), LOYALTY, 395).place, held((at, net), LOYALTY, 424).place) == (1, 1)
    assert held((at, net), LOYALTY, 425).place == 0
    again = ([*at, START + 500 * DAY], [*net, 4_999])
    assert held(again, LOYALTY, 500).place == 0
    assert held(([*at, START + 500 * DAY], [*net, 5_000]), LOYALTY, 500).place == 1


def test_an_order_in_time_keeps_the_tier() -> None:
    """The grace ends well once there is enough again."""
    at, net = [START, START + 380 * DAY], [30_000, 24_000]
    assert held((at, net), LOYALTY, 379).ends_at == START + 395 * DAY
    assert (held((at, net), LOYALTY, 380).ends_at, held((at, net), LOYALTY, 600).place) == (None, 2)


def told(decision: Decision) -> list[str]:
    """The codes about the tier."""
    return [reason.code for reason in decision.reasons if reason.code.startswith("tier_")]


def test_a_customer_in_grace_is_told_twice_and_after() -> None:
    """When the grace begins, again in its last days, and when the tier was lowered; each is looked at in time."""
    program = usual_program()
    program = replace(program, loyalty=replace(program.loyalty, retain_percent=80, grace_days=30))
    kept = customer(
        tier="Gold", tier_value=30_000, tier_needed=40_000, tier_ends_at=after(40), tier_changes_at=after(40)
    )
    first = decided(after(15), program=program, standing=kept)
    assert told(first) == ["tier_in_grace"]
    assert "100.00 USD more" in first.reasons[-1].detail
    assert first.next_check_at is not None
    assert first.next_check_at <= after(33)
    assert told(decided(after(33), program=program, standing=kept)) == ["tier_ends_soon"]
    lowered = customer(tier="Silver", tier_value=30_000, tier_needed=16_000, tier_lowered_at=after(40))
    assert told(decided(after(41), program=program, standing=lowered)) == ["tier_lowered"]
    assert told(decided(after(71), program=program, standing=lowered)) == []


def test_a_kept_tier_gives_its_discount() -> None:
    """In its grace a customer gets what the tier gives, and the reason says until when."""
    kept = customer(tier="Gold", tier_value=30_000, tier_needed=40_000, tier_ends_at=after(40))
    decision = decided(after(1), standing=kept)
    assert decision.offer is not None
    assert (decision.offer.step, decision.offer.benefit.value) == ("gold", 5)
    assert any("kept until" in reason.detail for reason in decision.reasons)


def test_without_a_replayed_tier_the_spend_decides() -> None:
    """Inputs kept before there was a grace are decided as they were."""
    assert customer().tier is None
    decision = decide(
        standing=customer(), program=usual_program(), program_shop="s|d", past=(),
        budget=Budget(month="2026-10", cap=50_000, used=0), as_of=after(1),
    )  # fmt: skip
    assert decision.offer is not None
    assert (decision.offer.step, told(decision)) == ("silver", [])
