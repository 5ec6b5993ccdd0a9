"""When to look at a customer again because time has passed.

Every check that time can change is of the form "not before an instant", and a rule stops asking at one instant. So the
next moment at which an offer can come about is known exactly, and nobody needs to be looked at on the days between.
What is not time is not foreseen here: a new order, a change of the rules, the merchant, money given back to a budget.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from plugin.rewards.decision import OfferSpec
from plugin.rewards.judge import Verdict, judge
from plugin.rewards.limits import SURPRISE, held_until, is_used_up, leaves_nothing, month_after
from plugin.rewards.made import of_spec
from plugin.rewards.question import Candidate, Question
from plugin.rewards.spending import ready_again
from plugin.rewards.win_back import KIND as WIN_BACK


def next_check(question: Question, verdict: Verdict) -> datetime | None:
    """The earliest instant after which, or ``as_of`` itself when already now, something else is to be decided."""
    if verdict.offer is None:
        return earliest(question, verdict)
    after = _with(question, verdict.offer, outcome=verdict.outcome)
    then = judge(after)
    return question.as_of if then.offer is not None else earliest(after, then)


def earliest(question: Question, verdict: Verdict) -> datetime | None:
    """When the first of the rules' offers can pass, nothing but time changing; None: never."""
    candidates = (case.candidate for case in verdict.cases if case.candidate is not None)
    ready = [_ready(question, candidate) for candidate in candidates]
    ready += [case.again for case in verdict.cases if case.again is not None and case.again > question.as_of]
    return min((moment for moment in ready if moment is not None), default=None)


def _ready(question: Question, candidate: Candidate) -> datetime | None:
    earliest_yet = candidate.opens
    if not candidate.is_reminder:
        if leaves_nothing(question, candidate):
            return None
        held = held_until(question, kind=candidate.kind, cycle=candidate.cycle, benefit=candidate.benefit)
        earliest_yet = max(candidate.opens, held or candidate.opens)
    moment = ready_again(question, candidate, earliest_yet)
    if moment is not None and moment <= question.as_of and not candidate.is_reminder:
        # only the budget is left to keep it back, and the next month brings a new one
        moment = month_after(question) if is_used_up(question, candidate) else None
    ahead = moment is not None and question.as_of < moment and candidate.is_before_close(moment)
    return moment if ahead else None


def _with(question: Question, offer: OfferSpec, *, outcome: str) -> Question:
    """The same question once the offer has been written down."""
    made = of_spec(offer, state="held_out" if outcome == "held_out" else "planned")
    reserved = offer.reserve if outcome == "issue" else 0
    before = question.budget
    budget = msgspec.structs.replace(
        before,
        used=before.used + (0 if offer.kind == SURPRISE else reserved),
        surprise_used=before.surprise_used + (reserved if offer.kind == SURPRISE else 0),
        day_used=before.day_used + reserved,
        win_backs_today=before.win_backs_today + (offer.kind == WIN_BACK),
    )
    return msgspec.structs.replace(question, past=(*question.past, made), budget=budget)
