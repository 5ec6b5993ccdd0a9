"""The win-back ladder in the merchant's words."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import msgspec
import pytest

from plugin.rewards.decide import primary_reason
from plugin.rewards.decision import Decision
from plugin.rewards.program import Step, Timing
from tests.rewards.worlds import after, customer, decided, offer, recorded, rung, usual_program, with_win_back


def step_of(decision: Decision) -> str | None:
    """The step that is given, or None."""
    return decision.offer and decision.offer.step


def why(decision: Decision) -> str:
    """The code of the main reason for giving nothing."""
    main = primary_reason(decision)
    assert main is not None
    return main.code


REMINDED = rung("reminder", after(30), percent=0)
OFFERED = rung("offer", after(40), percent=10)
LAST = rung("last_offer", after(54), percent=15)


def test_the_ladder_begins_when_the_customer_is_late() -> None:
    """A second before the own rhythm says late there is nothing; then a reminder that costs nothing."""
    before, then = decided(after(30 - 1 / 86400)), decided(after(30))
    assert why(before) == "not_late"
    assert before.next_check_at == after(30)
    assert then.offer is not None
    assert (then.offer.kind, then.offer.step, then.offer.rule) == ("win_back", "reminder", "win_back/reminder")
    assert then.offer.cycle == "silence:1001"
    assert (then.offer.benefit.type, then.offer.benefit.value, then.offer.reserve) == ("none", 0, 0)
    assert then.next_check_at == after(40)


def test_a_customer_on_time_is_told_when_the_ladder_would_begin() -> None:
    """The reason names the usual gap, the silence and the day, and carries the numbers."""
    main = primary_reason(decided(after(20)))
    assert main is not None
    assert main.detail == (
        "Usually buys every 20 days. It has been 20 days, 1.0 times the usual gap. Win-back starts on 31 Oct 2026."
    )
    assert (main.numbers["usual_gap_days"], main.numbers["silence_days"]) == (20.0, 20.0)
    assert main.numbers["late_from"] == after(30).isoformat()


def test_each_step_waits_for_the_one_before() -> None:
    """The offer comes ten days after the reminder really went out, the last offer fourteen days after the offer."""
    reminded = rung("reminder", after(33), percent=0)
    assert why(decided(after(42), past=(reminded,))) == "step_waits"
    assert decided(after(42), past=(reminded,)).next_check_at == after(43)
    assert step_of(decided(after(43), past=(reminded,))) == "offer"
    offered = rung("offer", after(43), percent=10)
    assert step_of(decided(after(56), past=(reminded, offered))) is None
    assert step_of(decided(after(57), past=(reminded, offered))) == "last_offer"


def test_after_the_last_step_only_an_order_starts_anew() -> None:
    """The ladder is done for this silence: time alone brings nothing more."""
    done = decided(after(400), past=(REMINDED, OFFERED, LAST))
    assert why(done) == "ladder_done"
    assert done.next_check_at is None


def test_a_new_silence_is_left_in_peace_until_the_sunset_is_over() -> None:
    """180 days after the last step of an earlier silence the ladder may begin again, not before."""
    last = rung("last_offer", after(-100), percent=15, cycle="silence:900")
    quiet = decided(after(79), past=(last,), standing=customer(late_at=after(60)))
    assert why(quiet) == "sunset"
    assert quiet.next_check_at == after(80)
    assert step_of(decided(after(80), past=(last,), standing=customer(late_at=after(60)))) == "reminder"


def test_a_customer_on_time_is_told_of_the_peace_that_lasts_longer() -> None:
    """Before the customer is late, the day named is the later of the two: the end of the peace."""
    last = rung("last_offer", after(-100), percent=15, cycle="silence:900")
    decision = decided(after(40), past=(last,), standing=customer(late_at=after(60)))
    assert (why(decision), decision.next_check_at) == ("sunset", after(80))


def test_the_sunset_does_not_bring_a_stale_customer_back() -> None:
    """When the peace ends more than 30 days after the customer became late, this silence is let go."""
    last = rung("last_offer", after(-100), percent=15, cycle="silence:900")
    standing = customer(late_at=after(50))
    assert decided(after(79), past=(last,), standing=standing).next_check_at is None
    assert step_of(decided(after(80), past=(last,), standing=standing)) is None


@pytest.mark.parametrize(
    ("state", "step"), [("redeemed", None), ("held_out", None), ("cancelled", "reminder"), ("rejected", "reminder")]
)
def test_only_a_last_step_that_was_given_brings_peace(state: str, step: str | None) -> None:
    """One that never reached the customer does not; one in the control group does, so that both arms wait alike."""
    last = rung("last_offer", after(-100), percent=15, cycle="silence:900", state=state)
    assert step_of(decided(after(40), past=(last,))) == step


def test_a_customer_late_for_long_is_left_in_peace() -> None:
    """Thirty days after the moment nobody is written to any more: switching win-back on does not wake the dead."""
    assert step_of(decided(after(60 - 1 / 86400))) == "reminder"
    stale = decided(after(60))
    assert why(stale) == "too_long_ago"
    assert stale.next_check_at is None


def test_a_step_forgotten_for_long_is_not_made_up_for() -> None:
    """A ladder that stood still (switched off, say) for more than 30 days after its next step was due has ended."""
    assert step_of(decided(after(69), past=(REMINDED,))) == "offer"
    assert why(decided(after(71), past=(REMINDED,))) == "too_long_ago"


def test_waiting_for_our_own_limits_does_not_age_a_customer() -> None:
    """An offer kept back by the wait between offers may still come up to 30 days after that wait."""
    steps = (Step(name="offer", wait_days=0, percent=10, valid_days=21),)
    program = with_win_back(usual_program(), steps=steps, max_age_days=5)
    thanked = offer(state="expired")
    waiting = decided(after(44), past=(thanked,), program=program)
    assert why(waiting) == "wait_between_offers"
    assert waiting.next_check_at == after(45)
    assert step_of(decided(after(49), past=(thanked,), program=program)) == "offer"
    assert why(decided(after(50), past=(thanked,), program=program)) == "too_long_ago"


def test_waiting_for_a_larger_open_offer_does_not_age_a_customer() -> None:
    """The same holds for an offer that could not come while a larger one was open, once that has expired."""
    steps = (Step(name="offer", wait_days=0, percent=10, valid_days=21),)
    program = with_win_back(usual_program(wait_days=7), steps=steps, max_age_days=5)
    larger = offer(percent=20, ends_at=after(60))
    waiting = decided(after(50), past=(larger,), program=program)
    assert (why(waiting), waiting.next_check_at) == ("open_offer", after(60))
    expired = msgspec.structs.replace(larger, state="expired")
    assert step_of(decided(after(64), past=(expired,), program=program)) == "offer"
    assert why(decided(after(65), past=(expired,), program=program)) == "too_long_ago"


def test_a_reminder_that_is_due_beside_a_discount_comes_next() -> None:
    """When a customer who is late already gets a loyalty discount, the next check is at once: the reminder is due."""
    standing = customer(late_at=after(5))
    decision = decided(after(6), standing=standing)
    assert decision.offer is not None
    assert (decision.offer.kind, decision.next_check_at) == ("loyalty", after(6))
    assert step_of(decided(after(6), standing=standing, past=(recorded(decision.offer),))) == "reminder"


def test_the_steps_of_one_ladder_do_not_wait_for_each_other() -> None:
    """The 45 days between offers are between reasons; inside a ladder its own waits hold, and the larger step counts."""
    decision = decided(after(54), past=(REMINDED, OFFERED))
    assert step_of(decision) == "last_offer"
    smaller = next(reason for reason in decision.reasons if reason.code == "open_offer_smaller")
    assert smaller.detail == "An offer of 10 % is open. This one is larger and counts; they do not add up."


def test_an_equal_step_waits_until_the_open_one_ends() -> None:
    """Two open codes of 10 % help nobody: the second comes when the first has ended."""
    steps = tuple(replace(step, percent=min(step.percent, 10)) for step in usual_program().win_back.steps)
    program = with_win_back(usual_program(), steps=steps)
    waiting = decided(after(54), past=(REMINDED, OFFERED), program=program)
    assert why(waiting) == "open_offer"
    assert waiting.next_check_at == OFFERED.ends_at
    ended = msgspec.structs.replace(OFFERED, state="expired")
    assert step_of(decided(OFFERED.ends_at, past=(REMINDED, ended), program=program)) == "last_offer"


def test_steps_are_not_skipped_and_not_made_up_for() -> None:
    """A step put before one already given is not given later; one put behind is the next."""
    assert step_of(decided(after(54), past=(OFFERED,))) == "last_offer"
    assert step_of(decided(after(40), past=())) == "reminder"


def test_a_moment_that_moves_holds_the_ladder_back() -> None:
    """When a new measurement says that the customer is not late yet, the begun ladder waits for the new moment."""
    decision = decided(after(45), past=(REMINDED,), standing=customer(late_at=after(50)))
    assert why(decision) == "not_late"
    assert decision.next_check_at == after(50)


@pytest.mark.parametrize(
    ("timing", "moment"),
    [
        (Timing(rule="recommended", days=60, gap_multiple_tenths=15), after(30)),
        (Timing(rule="days", days=60, gap_multiple_tenths=15), after(60)),
        (Timing(rule="gap_multiple", days=60, gap_multiple_tenths=25), after(50.5)),
    ],
)
def test_the_merchant_chooses_when_silence_counts(timing: Timing, moment: datetime) -> None:
    """The own rhythm, a number of days, or a multiple of the usual gap after the last order."""
    program = with_win_back(usual_program(), timing=timing)
    decision = decided(after(20), program=program, standing=customer(usual_gap_days=20.2))
    assert decision.next_check_at == moment


@pytest.mark.parametrize("rule", ["recommended", "gap_multiple"])
def test_without_a_rhythm_nobody_is_late(rule: str) -> None:
    """A store without repeat orders has no usual gap; its customers are not written to."""
    program = with_win_back(usual_program(), timing=Timing(rule=rule, days=60, gap_multiple_tenths=15))
    decision = decided(after(100), program=program, standing=customer(usual_gap_days=None, late_at=None))
    assert why(decision) == "no_rhythm"
    assert decision.next_check_at is None


def test_days_need_no_rhythm() -> None:
    """A fixed number of days works from the first order on, and the reason does without a gap."""
    program = with_win_back(usual_program(), timing=Timing(rule="days", days=60, gap_multiple_tenths=15))
    decision = decided(after(60), program=program, standing=customer(usual_gap_days=None, late_at=None))
    assert step_of(decision) == "reminder"
    assert "It has been 60 days since the last order. The reminder is due since 30 Nov 2026." in [
        reason.detail for reason in decision.reasons
    ]


def test_a_rhythm_of_centuries_is_none() -> None:
    """A gap beyond every calendar gives a date far ahead, not an error."""
    program = with_win_back(usual_program(), timing=Timing(rule="gap_multiple", days=60, gap_multiple_tenths=120))
    assert why(decided(after(100), program=program, standing=customer(usual_gap_days=1e12))) == "not_late"


def test_win_back_can_be_off() -> None:
    """Switched off, nobody is written to, however late."""
    decision = decided(after(40), program=with_win_back(usual_program(), enabled=False))
    assert [reason.code for reason in decision.reasons if not reason.ok] == ["order_too_old", "win_back_off"]
    assert decision.next_check_at is None


def test_a_reminder_waits_for_nothing() -> None:
    """An open discount, the wait between offers and an empty budget do not stop a message without a discount."""
    thanked = offer(created_at=after(29), ends_at=after(59), percent=50, cycle="order:1000")
    program = usual_program(monthly_budget=0)
    assert step_of(decided(after(30), past=(thanked,), program=program)) == "reminder"
