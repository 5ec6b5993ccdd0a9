"""New rules for a share of customers first."""

from __future__ import annotations

from dataclasses import replace

from plugin.rewards.decide import primary_reason
from plugin.rewards.holdout import is_held_out
from plugin.rewards.share import holds_for
from tests.rewards.worlds import SHOP, after, customer, decided, usual_program

MANY = [str(number) for number in range(4_000)]


def chosen(percent: int) -> set[str]:
    """Whom rules for so many in a hundred hold for."""
    program = replace(usual_program(), rollout_percent=percent)
    return {who for who in MANY if holds_for(program, shop=SHOP, customer_id=who)}


def test_a_share_is_about_as_large_as_it_says_and_grows() -> None:
    """10 in 100 are about a tenth; 30 keep those of 10; 100 are all."""
    assert 330 < len(chosen(10)) < 470
    assert chosen(10) < chosen(30) < chosen(100) == set(MANY)


def test_a_share_has_its_part_of_the_control_group() -> None:
    """Who is in the control group says nothing about who is in the share."""
    held_out = {who for who in MANY if is_held_out(key="main", shop=SHOP, customer_id=who, percent=20)}
    assert 0.14 < len(held_out & chosen(30)) / len(chosen(30)) < 0.26


def test_outside_the_share_it_is_written_down_and_not_given() -> None:
    """The decision says so, with the offer that the rules would make."""
    program = replace(usual_program(), rollout_percent=10)
    inside = min(chosen(10))
    outside = min(set(MANY) - chosen(10))
    assert decided(after(1), program=program, standing=customer(customer_id=inside)).outcome == "issue"
    decision = decided(after(1), program=program, standing=customer(customer_id=outside))
    reason = primary_reason(decision)
    assert reason is not None
    assert (decision.outcome, reason.code, reason.numbers["offer"]["percent"]) == ("hold", "outside_share", 3)
