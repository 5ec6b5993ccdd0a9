"""The win-back rule: a ladder of steps for customers who have become silent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from plugin.rewards.decision import PastOffer, Reason
from plugin.rewards.limits import NOT_GIVEN, held_until
from plugin.rewards.moment import silence_moment
from plugin.rewards.program import Step
from plugin.rewards.question import Candidate, Case, Question, no, yes
from plugin.rewards.reward import asked_of, benefit_of
from plugin.rewards.wording import date_text, days_text, gives_numbers, gives_text

KIND = "win_back"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ladder:
    """Where the customer stands on the ladder of the present silence."""

    cycle: str
    moment: datetime
    #: the step given last in this silence
    before: PastOffer | None
    #: the step whose turn it is; None after the last
    step: Step | None


def rule_of(step_name: str) -> str:
    """The rule that a step's offers are made by."""
    return f"{KIND}/{step_name}"


def win_back_case(question: Question) -> Case:
    """Asks for the ladder's next step when it is due, once for each step and silence."""
    win_back = question.program.win_back
    if not win_back.enabled:
        return Case(reason=no("win_back_off", "Win-back offers are switched off."))
    moment = silence_moment(question.standing, win_back.timing)
    if moment is None:
        return Case(reason=no("no_rhythm", "The store has too few repeat orders to say when a customer is late."))
    ladder = _ladder(question, moment)
    if ladder.step is None:
        said = "All win-back steps of this silence were given. Only a new order starts a new one."
        return Case(reason=no("ladder_done", said, steps=len(win_back.steps)))
    return _of_step(question, ladder, ladder.step)


def _ladder(question: Question, moment: datetime) -> _Ladder:
    """Steps that the merchant put before one already given are not made up for."""
    steps = question.program.win_back.steps
    cycle = f"silence:{question.standing.last_order_id}"
    given = {offer.step: offer for offer in question.past if offer.kind == KIND and offer.cycle == cycle}
    last = max((place for place, step in enumerate(steps) if step.name in given), default=-1)
    before = given[steps[last].name] if last >= 0 else None
    step = steps[last + 1] if last + 1 < len(steps) else None
    return _Ladder(cycle=cycle, moment=moment, before=before, step=step)


def _of_step(question: Question, ladder: _Ladder, step: Step) -> Case:
    win_back = question.program.win_back
    benefit = benefit_of(step, question.program.limits)
    due = ladder.moment + timedelta(days=step.wait_days)
    if ladder.before is not None:
        # the moment moves when the store is measured anew; a ladder that has begun does not run ahead of it
        due = max(ladder.moment, ladder.before.created_at + timedelta(days=step.wait_days))
    gives = benefit.type != "none"
    held = held_until(question, kind=KIND, cycle=ladder.cycle, benefit=benefit) if gives else None
    closes = max(due, held or due) + timedelta(days=win_back.max_age_days)
    quiet = _quiet_until(question)
    opens = max(due, quiet or due)
    numbers = _numbers(question, ladder, step, due)
    reason = _reason(question, ladder, due=due, quiet=quiet, closes=closes, numbers=numbers)
    if question.as_of >= closes:
        return Case(reason=reason)
    candidate = Candidate(
        kind=KIND,
        step=step.name,
        rule=rule_of(step.name),
        cycle=ladder.cycle,
        asked=asked_of(step),
        benefit=benefit,
        valid_days=step.valid_days,
        opens=opens,
        closes=closes,
    )
    return Case(reason=reason, candidate=candidate)


def _quiet_until(question: Question) -> datetime | None:
    """The end of the peace after an earlier silence whose last step was given."""
    win_back = question.program.win_back
    last = rule_of(win_back.steps[-1].name)
    quiet = timedelta(days=win_back.sunset_days)
    ends = [offer.created_at + quiet for offer in question.past if offer.rule == last and offer.state not in NOT_GIVEN]
    return max(ends, default=None)


def _numbers(question: Question, ladder: _Ladder, step: Step, due: datetime) -> dict[str, Any]:
    standing = question.standing
    silence = max((question.as_of - standing.last_order_at).total_seconds() / 86400, 0.0)
    gap = standing.usual_gap_days
    numbers = {
        "step": step.name,
        "percent": step.percent,
        "silence_days": round(silence, 1),
        "usual_gap_days": None if gap is None else round(gap, 1),
        "times_usual_gap": round(silence / gap, 1) if gap else None,
        "timing": question.program.win_back.timing.rule,
        "late_from": ladder.moment.isoformat(),
        "due_at": due.isoformat(),
    }
    if question.program.win_back.timing.rule == "quantile":
        share, days = question.program.win_back.timing.quantile_percent, standing.quantile_days
        numbers |= {"quantile_percent": share, "quantile_days": days and round(days, 1), "orders": standing.order_count}
    if step.type == "percent":
        return numbers
    currency, benefit = question.program.currency, benefit_of(step, question.program.limits)
    return {**numbers, "gives": gives_numbers(benefit, currency), "says": gives_text(benefit, currency)}


def _reason(
    question: Question,
    ladder: _Ladder,
    *,
    due: datetime,
    quiet: datetime | None,
    closes: datetime,
    numbers: dict[str, Any],
) -> Reason:
    at, zone, rhythm = question.as_of, question.zone, _rhythm(numbers)
    if at >= closes:
        limit = days_text(question.program.win_back.max_age_days)
        said = f"{rhythm} {_called(numbers).capitalize()} was due on {date_text(due, zone)}, more than {limit} ago."
        return no("too_long_ago", said, **numbers, closed_at=closes.isoformat())
    if quiet is not None and max(at, due) < quiet:
        said = f"All win-back steps were given in an earlier silence; the peace after them ends on {date_text(quiet, zone)}."
        return no("sunset", said, **numbers, until=quiet.isoformat())
    if at < ladder.moment:
        return no("not_late", f"{rhythm} Win-back starts on {date_text(ladder.moment, zone)}.", **numbers)
    if at < due:
        said = f"{rhythm} The next step, {_called(numbers)}, is due on {date_text(due, zone)}."
        return no("step_waits", said, **numbers)
    return yes(
        "win_back_applies", f"{rhythm} {_called(numbers).capitalize()} is due since {date_text(due, zone)}.", **numbers
    )


def _rhythm(numbers: dict[str, Any]) -> str:
    silence = f"It has been {days_text(numbers['silence_days'])}"
    if "quantile_days" in numbers:
        share, days = numbers["quantile_percent"], days_text(numbers["quantile_days"])
        return f"After as many orders, {share} in 100 of those who come back do so within {days}. {silence}."
    if numbers["usual_gap_days"] is None:
        return f"{silence} since the last order."
    usual = f"Usually buys every {days_text(numbers['usual_gap_days'])}."
    times = numbers["times_usual_gap"]
    return f"{usual} {silence}." if times is None else f"{usual} {silence}, {times} times the usual gap."


def _called(numbers: dict[str, Any]) -> str:
    name = str(numbers["step"]).replace("_", " ")
    if "says" in numbers:
        return f"the {name} of {numbers['says']}"
    return f"the {name} of {numbers['percent']} %" if numbers["percent"] else f"the {name}"
