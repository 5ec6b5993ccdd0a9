"""Decides for one customer at one instant: an offer, the control group, or nothing; and always why.

The checks run in one fixed order: is the history complete, may the customer be asked (left out alone, or by a tag), is the program live, which rule
asks for an offer, the wait between offers, open offers, the control group, the budget, the highest discount. The
first reason that is not ``ok`` is the main one for giving nothing, and says what would change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from plugin.rewards import tagged
from plugin.rewards.decision import Budget, Decision, PastOffer, Reason, Standing
from plugin.rewards.judge import judge
from plugin.rewards.next_check import next_check
from plugin.rewards.notices import next_notice, tier_notices
from plugin.rewards.program import Program
from plugin.rewards.question import Question, no, yes
from plugin.rewards.shadow import in_the_shadow
from plugin.rewards.share import holds_for

#: after which the tags are asked for again, should the answer have been lost
TAGS_TAKE = timedelta(days=1)
# checks that say the same of everybody
COMPLETE = yes("history_complete", "All orders of the store have been read.")
TAKING_PART = yes("taking_part", "Not left out of offers.")
LIVE = yes("live", "The rules are live.")


def decide(
    *,
    standing: Standing,
    program: Program,
    program_shop: str,
    past: Sequence[PastOffer],
    budget: Budget,
    as_of: datetime,
    importing: bool = False,
    timezone: str = "UTC",
) -> Decision:
    """What this customer gets now under the program.

    ``program_shop`` is platform + "|" + domain, for the control group; ``past`` holds every offer made to the
    customer before, in any order; ``budget`` is that of the month of ``as_of``; ``timezone`` is the shop's, for
    the turn of the month and for dates in sentences. Pure: equal arguments give equal decisions.
    """
    checks = _before_any_rule(standing, program, importing=importing)
    if not checks[-1].ok:
        return Decision(outcome="hold", offer=None, reasons=checks, next_check_at=None)
    question = Question(
        standing=standing,
        program=program,
        shop=program_shop,
        past=tuple(past),
        budget=budget,
        as_of=as_of,
        zone=ZoneInfo(timezone),
    )
    verdict = judge(question)
    if verdict.offer is not None and (unread := tagged.unread(standing, program)):
        return Decision(outcome="hold", offer=None, reasons=(*checks, unread), next_check_at=as_of + TAGS_TAKE)
    outside = not holds_for(program, shop=program_shop, customer_id=standing.customer_id)
    if program.mode != "live" or outside:
        return _noticed(question, in_the_shadow(question, verdict, checks, outside=outside and program.mode == "live"))
    decision = Decision(
        outcome=verdict.outcome,
        offer=verdict.offer,
        reasons=(*checks, LIVE, *verdict.reasons),
        next_check_at=next_check(question, verdict),
    )
    return _noticed(question, decision)


def primary_reason(decision: Decision) -> Reason | None:
    """The main reason why nothing is given: the first check that failed; None for an offer."""
    if decision.outcome == "issue":
        return None
    return next((reason for reason in decision.reasons if not reason.ok), None)


def _noticed(question: Question, decision: Decision) -> Decision:
    """The decision with what is to be told about the tier, and looked at again when that changes."""
    moments = (decision.next_check_at, next_notice(question))
    return Decision(
        outcome=decision.outcome,
        offer=decision.offer,
        reasons=(*decision.reasons, *tier_notices(question)),
        next_check_at=min((moment for moment in moments if moment is not None), default=None),
    )


def _before_any_rule(standing: Standing, program: Program, *, importing: bool) -> tuple[Reason, ...]:
    if importing:
        return (no("importing", "The store's orders are still being read; nothing is given before all are known."),)
    if standing.left_out:
        return (COMPLETE, no("left_out", "This customer was left out of offers."))
    if by_tag := tagged.left_out(standing, program):
        return (COMPLETE, by_tag)
    return (COMPLETE, TAKING_PART)
