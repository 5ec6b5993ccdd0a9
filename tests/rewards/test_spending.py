"""The limits beside the month's budget: a customer's year, a day's money, a day's win-back messages."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import msgspec

from plugin.rewards.decide import primary_reason
from plugin.rewards.decision import Budget, Decision, Reason
from plugin.rewards.program import Program, Timing
from tests.rewards.worlds import after, customer, decided, offer, rung, usual_program, with_win_back


def main(decision: Decision) -> Reason:
    """The main reason for giving nothing."""
    reason = primary_reason(decision)
    assert reason is not None
    return reason


def today(at_days: float, **used: int) -> Budget:
    return Budget(month=f"{after(at_days):%Y-%m}", cap=50_000, used=0, **used)


def test_a_customers_year_has_an_end() -> None:
    """What the customer's used and open offers of 365 days cost counts; the next one waits until there is room again."""
    program = usual_program(customer_year=4_000)
    used = offer(cycle="order:7", state="redeemed", spent=2_600, created_at=after(-100), ends_at=after(-70))
    fresh = customer(last_order_at=after(260), last_order_id="1002")
    later = decided(after(261), past=(used,), program=program, standing=fresh)
    assert (main(later).code, later.next_check_at) == ("customer_year_used", after(265))
    assert main(later).numbers["used_minor"] == 2_600
    assert decided(after(265), past=(used,), program=program, standing=fresh).outcome == "issue"


def test_what_nobody_used_is_free_again() -> None:
    """An expired offer took nothing of the year, an open one holds its worst case until it ends."""
    program = usual_program(customer_year=2_000, wait_days=7)
    held = offer(cycle="order:7", spent=1_500, worth=1_500, percent=2, created_at=after(-10), ends_at=after(5))
    decision = decided(after(1), past=(held,), program=program)
    assert (main(decision).code, decision.next_check_at) == ("customer_year_used", after(5))
    gone = msgspec.structs.replace(held, state="expired", spent=0)
    assert decided(after(1), past=(gone,), program=program).outcome == "issue"


def test_an_offer_larger_than_the_year_is_never_made() -> None:
    """That is said as such, and time alone does not change it before the step of the ladder that costs nothing."""
    decision = decided(after(1), program=with_win_back(usual_program(customer_year=1_000), enabled=False))
    assert (main(decision).code, decision.next_check_at) == ("customer_year_too_small", None)


def test_a_day_has_its_own_money() -> None:
    """The rest waits for the shop's next midnight."""
    program = usual_program(daily_budget=2_000)
    decision = decided(after(1), program=program, budget=today(1, day_used=600), timezone="Europe/Berlin")
    assert main(decision).code == "day_used_up"
    assert decision.next_check_at is not None
    assert decision.next_check_at.isoformat() == "2026-10-02T22:00:00+00:00"
    assert decided(after(1), program=program, budget=today(1, day_used=500)).outcome == "issue"


def test_win_back_begins_slowly() -> None:
    """With so many chosen today, even a reminder waits for tomorrow; loyalty does not."""
    program = with_win_back(usual_program(), daily_ramp=50)
    decision = decided(after(31), program=program, budget=today(31, win_backs_today=50))
    assert (main(decision).code, main(decision).numbers["most"]) == ("ramp_full", 50)
    assert decision.next_check_at == after(31).replace(hour=0) + timedelta(days=1)
    assert decided(after(31), program=program, budget=today(31, win_backs_today=49)).outcome == "issue"
    assert decided(after(1), program=program, budget=today(1, win_backs_today=50)).outcome == "issue"


def test_limits_that_are_not_set_are_not_spoken_of() -> None:
    """A program without them gives the reasons that it always gave."""
    codes = {reason.code for reason in decided(after(1)).reasons}
    assert not codes & {"customer_year_left", "day_left", "ramp_left"}
    all_set = with_win_back(usual_program(daily_budget=9_000, customer_year=9_000), daily_ramp=9)
    codes = {reason.code for reason in decided(after(1), program=all_set).reasons}
    assert codes >= {"customer_year_left", "day_left"}


def by_quantile(percent: int = 80) -> Program:
    """Win-back alone, by the quantile."""
    timing = Timing(rule="quantile", days=60, gap_multiple_tenths=15, quantile_percent=percent)
    program = usual_program()
    program = replace(program, loyalty=replace(program.loyalty, enabled=False))
    return with_win_back(program, timing=timing)


def test_late_by_the_number_of_orders() -> None:
    """The ladder begins when that share of customers with as many orders has come back, and says so."""
    decision = decided(after(40), program=by_quantile(), standing=customer(quantile_days=43.2))
    told = next(reason for reason in decision.reasons if reason.code == "not_late")
    assert "80 in 100 of those who come back do so within 43 days" in told.detail
    assert decision.next_check_at == after(43.2)
    assert decided(after(44), program=by_quantile(), standing=customer(quantile_days=43.2)).outcome == "issue"


def test_a_quantile_is_no_shorter_than_a_fortnight_and_no_longer_than_a_year() -> None:
    """Few gaps may say anything."""
    for days, expected in ((1.0, 14), (900.0, 365)):
        decision = decided(
            after(13), program=by_quantile(), standing=customer(quantile_days=days, last_order_at=after(0))
        )
        told = next(reason for reason in decision.reasons if reason.code == "not_late")
        assert told.numbers["late_from"] == after(expected).isoformat()


def test_a_store_without_gaps_has_no_quantile() -> None:
    """Then nobody is late, and that is why."""
    decision = decided(after(40), program=by_quantile())
    assert "no_rhythm" in {reason.code for reason in decision.reasons}


def test_the_ladders_own_steps_share_a_customers_year() -> None:
    """A step that was used counts for the next one."""
    program = usual_program(customer_year=8_000)
    past = (
        rung("reminder", after(30), percent=0),
        rung("offer", after(40), percent=10, state="redeemed", spent=5_000),
    )
    decision = decided(after(60), past=past, program=program)
    assert main(decision).code == "customer_year_used"
