"""The limits, the control group, the shadow and the order of the checks in the merchant's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import msgspec
import pytest

from plugin.rewards.decide import primary_reason
from plugin.rewards.decision import Budget, Decision
from plugin.rewards.program import Program, Step, Timing
from tests.rewards.worlds import ORDERED, after, customer, decided, offer, rung, usual_program, with_win_back


def codes(decision: Decision) -> list[str]:
    """The codes of all reasons, in the order of the checks."""
    return [reason.code for reason in decision.reasons]


def main(decision: Decision) -> str:
    """The sentence of the main reason for giving nothing."""
    reason = primary_reason(decision)
    assert reason is not None
    return reason.detail


def test_the_checks_of_an_offer_have_one_order() -> None:
    """History, taking part, live, the rule, the wait, open offers, the control group, the budget, the highest."""
    assert codes(decided(after(1))) == [
        "history_complete", "taking_part", "live", "loyalty_applies", "wait_over", "no_open_offer",
        "not_in_control_group", "budget_left", "within_highest",
    ]  # fmt: skip


def test_nothing_is_decided_before_all_orders_are_read() -> None:
    """During the import that is the only reason, and time is not what ends it."""
    decision = decided(after(1), importing=True)
    assert (codes(decision), decision.outcome, decision.next_check_at) == (["importing"], "hold", None)


def test_whoever_is_left_out_stays_left_out() -> None:
    """No rule is asked for a customer whom the merchant left out."""
    decision = decided(after(1), standing=customer(left_out=True))
    assert (codes(decision), decision.next_check_at) == (["history_complete", "left_out"], None)


@pytest.mark.parametrize(("state", "waits"), [("issued", True), ("redeemed", True), ("expired", True), ("revoked", True),
                                              ("held_out", True), ("cancelled", False), ("rejected", False)])  # fmt: skip
def test_discounts_keep_45_days_between_them(state: str, waits: bool) -> None:
    """Every discount that reached the customer counts, and so does one kept from the control group."""
    earlier = offer(cycle="order:1000", state=state, created_at=after(-44), ends_at=after(-14))
    decision = decided(ORDERED, past=(earlier,))
    assert (decision.outcome == "hold") == waits
    if waits:
        assert main(decision) == "The last offer is under 45 days old; the wait ends on 2 Oct 2026."
        assert decision.next_check_at == after(1)


def test_reminders_start_no_wait() -> None:
    """A message without a discount does not keep the next discount back."""
    assert decided(after(1), past=(rung("reminder", after(-5), percent=0, cycle="silence:1000"),)).outcome == "issue"


def test_a_larger_open_offer_counts_alone() -> None:
    """While 10 % are open, 3 % more would add nothing; after its end they are given, if the order is still fresh."""
    program = usual_program(wait_days=7)
    larger = rung("offer", after(-10), percent=10, cycle="silence:1000", ends_at=after(11))
    decision = decided(after(1), past=(larger,), program=program)
    assert main(decision) == "An offer of 10 % is open until 12 Oct 2026. The larger one counts; they do not add up."
    assert decision.next_check_at == after(11)
    too_long = msgspec.structs.replace(larger, ends_at=after(14))
    assert decided(after(1), past=(too_long,), program=program).next_check_at == after(30)


def test_a_used_offer_is_not_open() -> None:
    """Once redeemed or revoked, an offer keeps no other back, however long it would have lasted."""
    for state in ("redeemed", "revoked", "cancelled", "rejected"):
        used = rung("offer", after(-10), percent=10, cycle="silence:1000", ends_at=after(40), state=state)
        assert decided(after(1), past=(used,), program=usual_program(wait_days=7)).outcome == "issue"


def test_the_control_group_gets_nothing_and_is_written_down() -> None:
    """The decision carries the offer that the others get, and the reason says that it is measured."""
    held_out = next(
        decision
        for number in range(100)
        if (decision := decided(after(1), standing=customer(customer_id=str(number)), program=half())).outcome
        != "issue"
    )
    assert held_out.outcome == "held_out"
    assert held_out.offer == decided(after(1)).offer
    assert main(held_out).startswith("In the control group: 50 in 100 customers get no offers")


def half() -> Program:
    """The usual program with a control group of one half."""
    return replace(usual_program(), holdout_percent=50)


def test_without_budget_the_control_group_is_not_counted_either() -> None:
    """When the others get nothing because the month's money is spent, nobody is recorded as held out."""
    spent = Budget(month="2026-10", cap=50_000, used=49_999)
    outcomes = {
        decided(after(1), standing=customer(customer_id=str(number)), program=half(), budget=spent).outcome
        for number in range(40)
    }
    assert outcomes == {"hold"}


def test_the_budget_holds_to_the_last_cent() -> None:
    """An offer is made when exactly its worst case is left, and not with a cent less."""
    assert decided(after(1), budget=Budget(month="2026-10", cap=50_000, used=48_500)).outcome == "issue"
    held = decided(after(1), budget=Budget(month="2026-10", cap=50_000, used=48_501))
    assert main(held) == (
        "The offer can cost up to 15.00 USD; 14.99 USD of the budget of 500.00 USD is left. "
        "A new budget begins on 1 Nov 2026."
    )


@pytest.mark.parametrize(
    ("timezone", "month_begins"),
    [
        ("UTC", datetime(2026, 11, 1, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2026, 10, 31, 23, tzinfo=UTC)),
        ("America/New_York", datetime(2026, 11, 1, 4, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 10, 31, 11, tzinfo=UTC)),
    ],
)
def test_a_new_month_begins_in_the_shops_zone(timezone: str, month_begins: datetime) -> None:
    """Held by the budget, the customer is looked at again at the shop's midnight of the first."""
    standing = customer(last_order_at=after(25), late_at=None)
    spent = Budget(month="2026-10", cap=50_000, used=50_000)
    assert decided(after(26), standing=standing, budget=spent, timezone=timezone).next_check_at == month_begins


def test_december_is_followed_by_january() -> None:
    """The month after the twelfth is the first of the next year."""
    order = datetime(2026, 12, 20, tzinfo=UTC)
    spent = Budget(month="2026-12", cap=50_000, used=50_000)
    decision = decided(order, standing=customer(last_order_at=order, late_at=None), budget=spent)
    assert decision.next_check_at == datetime(2027, 1, 1, tzinfo=UTC)


def test_a_month_that_begins_too_late_is_not_waited_for() -> None:
    """When the order is no longer fresh by the next month, the spent budget means no discount for it."""
    spent = Budget(month="2026-10", cap=50_000, used=50_000)
    assert decided(after(1), standing=customer(late_at=None), budget=spent).next_check_at is None


def test_an_offer_larger_than_the_whole_budget_is_never_made() -> None:
    """That is another reason than a spent budget, and no month changes it."""
    decision = decided(after(26), standing=customer(last_order_at=after(25), late_at=None),
                       budget=Budget(month="2026-10", cap=1_499, used=0))  # fmt: skip
    assert codes(decision)[-2] == "budget_too_small"
    assert decision.next_check_at is None


def test_of_two_offers_the_larger_one_is_made() -> None:
    """A weekly buyer can be late while the order is fresh: 10 % win back, 3 % of loyalty are not added."""
    decision = decided(after(8), program=eager(10))
    assert decision.offer is not None
    assert (decision.offer.kind, decision.offer.benefit.value) == ("win_back", 10)
    both = next(reason for reason in decision.reasons if reason.code == "larger_counts")
    assert both.detail == "Both apply: win-back 10 % and loyalty 3 %. The larger one counts; they do not add up."
    assert (both.numbers["win_back_percent"], both.numbers["loyalty_percent"]) == (10, 3)


def test_of_two_equal_offers_loyalty_is_made() -> None:
    """At the same percentage the thank-you comes first."""
    decision = decided(after(8), program=eager(3))
    assert decision.offer is not None
    assert decision.offer.kind == "loyalty"


def test_the_smaller_offer_is_made_when_the_larger_one_cannot_be() -> None:
    """With money for 3 % and not for 10 %, the customer gets the 3 %, and the decision says why not more."""
    decision = decided(after(8), program=eager(10), budget=Budget(month="2026-10", cap=50_000, used=48_000))
    assert decision.offer is not None
    assert decision.offer.kind == "loyalty"
    passed_over = next(reason for reason in decision.reasons if reason.code == "next_in_line")
    assert passed_over.numbers["against"] == "budget_used_up"


def eager(percent: int) -> Program:
    """Win-back begins with an offer, seven days after the order."""
    return with_win_back(
        usual_program(),
        timing=Timing(rule="days", days=7, gap_multiple_tenths=15),
        steps=(Step(name="offer", wait_days=0, percent=percent, valid_days=21),),
    )


def test_the_shadow_tells_what_would_be_given() -> None:
    """In shadow mode nothing is given, and the main reason carries the whole offer."""
    shadow = replace(usual_program(), mode="shadow")
    decision, live = decided(after(1), program=shadow), decided(after(1))
    assert (decision.outcome, decision.offer) == ("hold", None)
    reason = primary_reason(decision)
    assert reason is not None
    assert (reason.code, reason.numbers["would"]) == ("shadow", "issue")
    assert reason.detail.endswith("Live, it would be an offer of 3 % until 1 Nov 2026.")
    assert live.offer is not None
    assert reason.numbers["offer"]["ends_at"] == live.offer.ends_at.isoformat()
    assert codes(decision) == [code.replace("live", "shadow") for code in codes(live)]


@pytest.mark.parametrize(("day", "share", "ending"), [(20, 0, "there would be no offer now, either."),
                                                      (30, 0, "it would be a reminder."),
                                                      (30, 50, "the control group would miss a reminder.")])  # fmt: skip
def test_the_shadow_tells_of_nothing_reminders_and_the_control_group(day: int, share: int, ending: str) -> None:
    """Each of the live program's answers has its sentence."""
    shadow = replace(usual_program(), mode="shadow", holdout_percent=share)
    endings = {
        main(decided(after(day), program=shadow, standing=customer(customer_id=str(number)))) for number in range(20)
    }
    assert any(said.endswith(ending) for said in endings)
