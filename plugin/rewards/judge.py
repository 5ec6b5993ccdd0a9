"""Weighs what the rules ask for against the limits, without regard to whether the program is live."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from plugin.rewards.decision import OfferSpec, Reason
from plugin.rewards.limits import budget_check, control_check, highest_check, open_check, wait_check
from plugin.rewards.loyalty import loyalty_case
from plugin.rewards.occasions import KIND as OCCASION
from plugin.rewards.occasions import occasion_cases
from plugin.rewards.question import Candidate, Case, Question, yes
from plugin.rewards.spending import spending_checks
from plugin.rewards.surprise import KIND as SURPRISE
from plugin.rewards.surprise import surprise_cases
from plugin.rewards.win_back import win_back_case
from plugin.rewards.wording import gives_numbers, gives_text

NEVER = datetime.max.replace(tzinfo=UTC)
#: answers that tell a merchant little, least last: with a more telling one beside them they are not the main reason
SAYS_LITTLE = (
    "surprise_given",
    "surprise_not_drawn",
    "surprise_not_in_pool",
    "occasion_given",
    "occasion_past",
    "order_too_old",
    "occasion_not_now",
    "loyalty_off",
    "win_back_off",
)


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate with what the limits said to it."""

    candidate: Candidate
    reasons: tuple[Reason, ...]
    #: issue | held_out | hold
    outcome: str


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be done, why, and the rules' answers that it came from."""

    outcome: str
    offer: OfferSpec | None
    reasons: tuple[Reason, ...]
    cases: tuple[Case, ...]
    trials: tuple[Trial, ...]


def judge(question: Question) -> Verdict:
    """The largest offer that a rule asks for and that the limits let pass; else the reasons against the largest."""
    cases = (loyalty_case(question), *occasion_cases(question), *surprise_cases(question), win_back_case(question))
    asking = [case for case in cases if case.candidate is not None and case.candidate.is_open(question.as_of)]
    if not asking:
        reasons = tuple(case.reason for case in sorted(cases, key=_nearest))
        return Verdict(outcome="hold", offer=None, reasons=reasons, cases=cases, trials=())
    found = [case.candidate for case in asking if case.candidate is not None]
    trials = tuple(_try(question, each) for each in sorted(found, key=_largest_first))
    chosen = next((trial for trial in trials if trial.outcome != "hold"), trials[0])
    reasons = (*(case.reason for case in asking), *_choice(question, trials, chosen), *chosen.reasons)
    offer = None if chosen.outcome == "hold" else offer_of(question, chosen.candidate)
    return Verdict(outcome=chosen.outcome, offer=offer, reasons=reasons, cases=cases, trials=trials)


def offer_of(question: Question, candidate: Candidate) -> OfferSpec:
    """The candidate as an offer that starts now."""
    return OfferSpec(
        kind=candidate.kind,
        step=candidate.step,
        rule=candidate.rule,
        cycle=candidate.cycle,
        benefit=candidate.benefit,
        reserve=candidate.benefit.cap,
        starts_at=question.as_of,
        ends_at=question.as_of + timedelta(days=candidate.valid_days),
    )


def _largest_first(candidate: Candidate) -> tuple[int, int]:
    return (-candidate.benefit.cap, -candidate.percent)


def _nearest(case: Case) -> tuple[datetime, int]:
    """The rule that can ask for an offer soonest comes first; then the one with more to say."""
    code = case.reason.code
    telling = SAYS_LITTLE.index(code) + 1 if code in SAYS_LITTLE else 0
    return (case.candidate.opens if case.candidate else NEVER, telling)


def _try(question: Question, candidate: Candidate) -> Trial:
    control = control_check(question)
    if candidate.is_reminder:
        free = yes("reminder_is_free", "A reminder gives no discount: it needs no wait and no budget.")
        limits = spending_checks(question, candidate)
        return Trial(candidate=candidate, reasons=(free, control, *limits), outcome=_outcome(control, limits))
    before = (wait_check(question, candidate), open_check(question, candidate))
    budgets = (budget_check(question, candidate), *spending_checks(question, candidate))
    after = (*budgets, highest_check(question, candidate))
    return Trial(candidate=candidate, reasons=(*before, control, *after), outcome=_outcome(control, (*before, *after)))


def _outcome(control: Reason, others: Sequence[Reason]) -> str:
    """The control group is counted only where the others do get the offer, or the two could not be compared."""
    if not all(reason.ok for reason in others):
        return "hold"
    return "issue" if control.ok else "held_out"


def _choice(question: Question, trials: tuple[Trial, ...], chosen: Trial) -> tuple[Reason, ...]:
    if len(trials) == 1:
        return ()
    currency = question.program.currency
    told = [f"{_called(trial)} {gives_text(trial.candidate.benefit, currency)}" for trial in trials]
    both = f"{', '.join(told[:-1])} and {told[-1]}"
    numbers: dict[str, Any] = {f"{trial.candidate.kind}_percent": trial.candidate.percent for trial in trials}
    if any(trial.candidate.benefit.type not in {"percent", "none"} for trial in trials):
        numbers["gives"] = {trial.candidate.kind: gives_numbers(trial.candidate.benefit, currency) for trial in trials}
    if any(trial.candidate.kind in {OCCASION, SURPRISE} for trial in trials):
        numbers["offers"] = [_told(trial.candidate, currency) for trial in trials]
    if chosen is trials[0]:
        return (yes("larger_counts", f"Both apply: {both}. The larger one counts; they do not add up.", **numbers),)
    against = next(reason for reason in trials[0].reasons if not reason.ok)
    said = f"Both apply: {both}. The larger one cannot be given now: {against.detail}"
    return (yes("next_in_line", said, **numbers, against=against.code),)


def _told(candidate: Candidate, currency: str) -> dict[str, Any]:
    return {"kind": candidate.kind, "step": candidate.step, "gives": gives_numbers(candidate.benefit, currency)}


def _called(trial: Trial) -> str:
    return trial.candidate.kind.replace("_", "-")
