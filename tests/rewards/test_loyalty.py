"""The loyalty rule in the merchant's words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugin.rewards.decide import primary_reason
from plugin.rewards.program import Program
from plugin.rewards.tiers import slug, tier_of
from tests.rewards.worlds import after, customer, decided, offer, usual_program


def test_a_fresh_order_brings_the_discount_of_its_tier() -> None:
    """250.00 USD in 12 months is Silver: 3 % for 30 days, once for this order, with the worst case set aside."""
    decision = decided(after(1))
    assert decision.outcome == "issue"
    assert decision.offer is not None
    assert (decision.offer.kind, decision.offer.step, decision.offer.rule) == ("loyalty", "silver", "loyalty")
    assert decision.offer.cycle == "order:1001"
    assert decision.offer.ends_at == after(31)
    assert decision.offer.reserve == 1_500
    assert decision.offer.benefit.minimum == 2_500
    applies = next(reason for reason in decision.reasons if reason.code == "loyalty_applies")
    assert applies.detail == "250.00 USD spent in 12 months is tier Silver: 3 % after an order."


@pytest.mark.parametrize(("spend", "name"), [(-1, "Member"), (0, "Member"), (19_999, "Member"), (20_000, "Silver"),
                                             (50_000, "Gold"), (99_999, "Gold"), (10**9, "VIP")])  # fmt: skip
def test_the_tier_is_the_highest_that_the_spend_reaches(spend: int, name: str) -> None:
    """A threshold belongs to its tier, and whoever spent less than nothing is in the first."""
    assert tier_of(usual_program(), spend).name == name


@pytest.mark.parametrize(("name", "step"), [("VIP", "vip"), ("Gold & Silver!", "gold_silver"), ("金卡", "金卡"),
                                            ("***", "tier")])  # fmt: skip
def test_a_tier_names_its_offers(name: str, step: str) -> None:
    """The step of a loyalty offer is the tier's name in small letters of any script, without signs."""
    assert slug(name) == step


def test_the_discount_is_given_up_to_fourteen_days_after_the_order() -> None:
    """A second before the fourteen days are over it is given, then no more."""
    late = customer(late_at=None)
    assert decided(after(14 - 1 / 86400), standing=late).outcome == "issue"
    assert decided(after(14), standing=late).outcome == "hold"
    assert "order_too_old" in [reason.code for reason in decided(after(14), standing=late).reasons]


def test_an_order_dated_ahead_of_our_clock_counts() -> None:
    """A store whose clock runs a minute ahead gets its customers' discounts at once."""
    assert decided(after(-1 / 1440)).outcome == "issue"


@pytest.mark.parametrize(
    "state", ["planned", "sending", "issued", "redeemed", "expired", "revoked", "cancelled", "rejected", "held_out"]
)
def test_an_order_is_thanked_for_once(state: str) -> None:
    """Whatever has become of the offer for an order, there is no second one for it."""
    decision = decided(after(2), past=(offer(state=state),), standing=customer(late_at=None))
    assert decision.outcome == "hold"
    said = next(reason for reason in decision.reasons if reason.code == "already_given")
    assert said.detail == f"The loyalty discount for the last order was decided on 1 Oct 2026; it is {state} now."


def test_a_tier_without_discount_gets_none() -> None:
    """A member is thanked by no code."""
    decision = decided(after(1), standing=customer(spend_365d=5_000, late_at=None))
    assert "tier_without_discount" in [reason.code for reason in decision.reasons]
    assert decision.next_check_at is None


def test_loyalty_can_be_off() -> None:
    """Switched off, a fresh order brings nothing, and only the win-back rule is looked at again."""
    program = usual_program()
    decision = decided(after(1), program=replace(program, loyalty=replace(program.loyalty, enabled=False)))
    assert [reason.code for reason in decision.reasons if not reason.ok] == ["not_late", "loyalty_off"]
    assert decision.next_check_at == after(30)


@pytest.mark.parametrize(
    ("highest", "percent", "code"), [(20, 3, "within_highest"), (3, 3, "within_highest"), (2, 2, "highest_percent")]
)
def test_no_offer_goes_above_the_highest_discount(highest: int, percent: int, code: str) -> None:
    """The highest discount wins over the tier, and what is set aside shrinks with it."""
    decision = decided(after(1), program=usual_program(highest_percent=highest))
    assert decision.offer is not None
    assert (decision.offer.benefit.value, decision.offer.reserve) == (percent, percent * 500)
    assert decision.reasons[-1].code == code


def test_a_highest_discount_of_nothing_stops_all_discounts() -> None:
    """At 0 % no discount is given, and time does not change that; reminders go on."""
    decision = decided(after(1), program=usual_program(highest_percent=0))
    assert primary_reason(decision) is decision.reasons[-1]
    assert decision.reasons[-1].code == "highest_is_zero"
    assert decision.next_check_at == after(30)
    assert decided(after(30), program=usual_program(highest_percent=0)).outcome == "issue"


def test_thresholds_count_in_the_currency_of_the_program() -> None:
    """In yen the same sentence has no decimals."""
    program: Program = replace(usual_program(), currency="JPY")
    applies = next(reason for reason in decided(after(1), program=program).reasons if reason.code == "loyalty_applies")
    assert applies.detail.startswith("25000 JPY spent")
    assert applies.numbers["spend_minor"] == 25_000
