"""Discounts for an order by its number, for a year since the first order, for a group entered."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from plugin.rewards.decision import Decision, Reason
from plugin.rewards.occasions import anniversary
from plugin.rewards.program import Occasion, Program
from tests.rewards.worlds import after, customer, decided, offer, usual_program

FIRST = datetime(2024, 11, 10, 9, tzinfo=UTC)


def an_occasion(**changes: Any) -> Occasion:
    plain = Occasion(on="order_number", number=5, group="", percent=10, valid_days=30)
    return replace(plain, **changes)


def program(*occasions: Occasion, **limits: Any) -> Program:
    """The usual program with these occasions alone: no tier gives anything, and win-back is off."""
    usual = usual_program(**limits)
    tiers = tuple(replace(tier, percent=0) for tier in usual.loyalty.tiers)
    loyalty = replace(usual.loyalty, occasions=occasions, tiers=tiers)
    return replace(usual, loyalty=loyalty, win_back=replace(usual.win_back, enabled=False))


def about(decision: Decision) -> Reason:
    """What the occasion says."""
    return next(reason for reason in decision.reasons if reason.code.startswith("occasion_"))


def test_the_fifth_order_has_its_own_offer() -> None:
    """Right after it and for a fortnight, once, whatever becomes of the order; larger than the tier's, it counts."""
    fifth = customer(order_count=5)
    with_tiers = replace(usual_program(), loyalty=replace(usual_program().loyalty, occasions=(an_occasion(),)))
    decision = decided(after(1), standing=fifth, program=with_tiers)
    assert decision.offer is not None
    assert (decision.offer.kind, decision.offer.step, decision.offer.rule) == (
        "occasion",
        "order_5",
        "occasion/order_5",
    )
    assert (decision.offer.cycle, decision.offer.benefit.value) == ("order:5", 10)
    assert any(reason.code == "larger_counts" for reason in decision.reasons)
    assert decided(after(14), standing=fifth, program=program(an_occasion())).offer is None
    assert about(decided(after(1), program=program(an_occasion()))).code == "occasion_not_now"


def test_it_is_given_once() -> None:
    """A fifth order that was refunded and placed again brings no second one."""
    given = offer(
        kind="occasion", step="order_5", rule="occasion/order_5", cycle="order:5", state="redeemed",
        created_at=after(-90), ends_at=after(-60),
    )  # fmt: skip
    decision = decided(after(1), standing=customer(order_count=5), program=program(an_occasion()), past=(given,))
    assert about(decision).code == "occasion_given"
    assert decision.offer is None


@pytest.mark.parametrize(("number", "cycle"), [(0, "year:2"), (2, "year:2")])
def test_a_year_since_the_first_order_is_kept_in_mind(number: int, cycle: str) -> None:
    """The day is known beforehand, for every year or for one; the offer is made on it."""
    rules = program(an_occasion(on="anniversary", number=number))
    who = customer(first_order_at=FIRST)
    before = decided(after(20), standing=who, program=rules)
    assert (about(before).code, before.next_check_at) == ("occasion_ahead", anniversary(FIRST, 2))
    then = decided(anniversary(FIRST, 2), standing=who, program=rules)
    assert then.offer is not None
    assert then.offer.cycle == cycle


def test_other_years_and_long_silent_customers_are_not_greeted() -> None:
    """The third year alone says nothing in the second, and who has not ordered for a year is not greeted."""
    third = program(an_occasion(on="anniversary", number=1))
    assert about(decided(after(20), standing=customer(first_order_at=FIRST), program=third)).code == "occasion_not_now"
    every = program(an_occasion(on="anniversary", number=0))
    silent = customer(first_order_at=FIRST, last_order_at=FIRST)
    decision = decided(anniversary(FIRST, 2), standing=silent, program=every)
    assert (about(decision).code, decision.next_check_at) == ("occasion_not_now", None)
    assert about(decided(after(1), program=every)).code == "occasion_not_now"


def test_a_29th_of_february_comes_every_year() -> None:
    """On the 28th where there is no 29th."""
    leap = datetime(2024, 2, 29, 12, tzinfo=UTC)
    assert anniversary(leap, 1) == datetime(2025, 2, 28, 12, tzinfo=UTC)
    assert anniversary(leap, 4) == datetime(2028, 2, 29, 12, tzinfo=UTC)


def test_a_group_entered_is_answered_once_in_half_a_year() -> None:
    """After the order that brought the customer there; the next orders in the group are no news."""
    rules = program(an_occasion(on="group", number=0, group="champions"), wait_days=7)
    champion = customer(group="champions")
    first = decided(after(1), standing=champion, program=rules)
    assert first.offer is not None
    assert (first.offer.step, first.offer.cycle) == ("group_champions", "order:1001")
    given = offer(
        kind="occasion", step="group_champions", rule="occasion/group_champions", cycle="order:900", state="expired",
        created_at=after(-60), ends_at=after(-30),
    )  # fmt: skip
    assert about(decided(after(1), standing=champion, program=rules, past=(given,))).code == "occasion_given"
    longer_ago = msgspec.structs.replace(given, created_at=after(-181), ends_at=after(-151))
    assert decided(after(1), standing=champion, program=rules, past=(longer_ago,)).offer is not None
    assert about(decided(after(1), program=rules)).code == "occasion_not_now"


def test_occasions_belong_to_loyalty() -> None:
    """With loyalty off they ask for nothing and say nothing."""
    off = program(an_occasion())
    off = replace(off, loyalty=replace(off.loyalty, enabled=False))
    decision = decided(after(1), standing=customer(order_count=5), program=off)
    assert decision.offer is None
    assert not [reason for reason in decision.reasons if reason.code.startswith("occasion_")]


def test_a_greeting_waits_its_turn() -> None:
    """The wait between offers holds for occasions, too."""
    recent = offer(cycle="order:900", state="redeemed", created_at=after(-5), ends_at=after(25))
    decision = decided(after(1), standing=customer(order_count=5), program=program(an_occasion()), past=(recent,))
    assert decision.offer is None
    assert "wait_between_offers" in {reason.code for reason in decision.reasons}
