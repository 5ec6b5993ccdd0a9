"""No offer makes an order of its smallest size bring less than the merchant wants left."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from plugin.rewards.decide import primary_reason
from plugin.rewards.margin import most_percent
from plugin.rewards.parts import Limits
from tests.rewards.worlds import after, customer, decided, usual_program

LIMITS = usual_program().limits


@given(st.integers(1, 95), st.data())
def test_the_largest_percentage_leaves_the_floor_and_one_more_does_not(margin: int, data: st.DataObject) -> None:
    """(m - d) / (1 - d) is at least the floor at the largest d, and below it at the next."""
    floor = data.draw(st.integers(0, margin - 1))
    limits = replace(LIMITS, margin_percent=margin, margin_floor_percent=floor)
    most = most_percent(limits)
    assert left(limits, most) >= 0
    assert most == 100 or left(limits, most + 1) < 0


def left(limits: Limits, percent: int) -> int:
    """What is left above the floor, in ten-thousandths of the full price."""
    return 100 * (limits.margin_percent - percent) - limits.margin_floor_percent * (100 - percent)


def test_a_percentage_is_lowered_to_what_the_margin_bears() -> None:
    """The reason says by how much and why."""
    program = usual_program(margin_percent=25, margin_floor_percent=24)
    decision = decided(after(1), program=program, standing=customer(spend_365d=10**6))
    assert decision.offer is not None
    assert decision.offer.benefit.value == 1
    told = next(reason for reason in decision.reasons if reason.code == "margin_floor")
    assert "so that 24 % is left of a margin of 25 %" in told.detail


def test_what_cannot_be_lowered_is_not_given() -> None:
    """A gift too dear for the smallest order is refused, however large the order may become."""
    program = usual_program(margin_percent=40, margin_floor_percent=30)
    tiers = tuple(replace(tier, type="gift", amount=300, product="7") for tier in program.loyalty.tiers)
    dear = replace(program, loyalty=replace(program.loyalty, tiers=tiers))
    reason = primary_reason(decided(after(1), program=dear))
    assert reason is not None
    assert reason.code == "below_margin"
    cheap = replace(dear, loyalty=replace(dear.loyalty, tiers=tuple(replace(tier, amount=250) for tier in tiers)))
    assert decided(after(1), program=cheap).outcome == "issue"


def test_without_a_margin_nothing_is_held_against_it() -> None:
    """A merchant who has not entered one gets what the rules say."""
    assert most_percent(LIMITS) == 100
