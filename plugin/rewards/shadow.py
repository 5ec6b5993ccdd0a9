"""The program in the shadow: everything is decided, nothing is given."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from plugin.rewards.decision import Decision, OfferSpec, Reason
from plugin.rewards.judge import Verdict
from plugin.rewards.next_check import earliest
from plugin.rewards.question import Question, no
from plugin.rewards.wording import date_text, gives_text


def in_the_shadow(
    question: Question, verdict: Verdict, checks: tuple[Reason, ...], *, outside: bool = False
) -> Decision:
    """A hold whose main reason carries the offer that the live program would make now, or says that there is none.

    ``outside``: the program is live, but not for this customer yet.
    """
    return Decision(
        outcome="hold",
        offer=None,
        reasons=(*checks, _reason(question, verdict, outside=outside), *verdict.reasons),
        next_check_at=_next_check(question, verdict),
    )


def _reason(question: Question, verdict: Verdict, *, outside: bool) -> Reason:
    said = "In shadow mode everything is decided and nothing is given. "
    if outside:
        share = question.program.rollout_percent
        offer = verdict.offer and _as_numbers(verdict.offer, question.program.currency)
        told = f"The rules hold for {share} in 100 customers so far, and not for this one."
        return no("outside_share", told, rollout_percent=share, would=verdict.outcome, offer=offer)
    if verdict.offer is None:
        return no("shadow", f"{said}Live, there would be no offer now, either.", would="hold", offer=None)
    until = date_text(verdict.offer.ends_at, question.zone)
    gives = gives_text(verdict.offer.benefit, question.program.currency)
    gift = f"an offer of {gives} until {until}" if verdict.offer.reserve else "a reminder"
    told = f"Live, it would be {gift}." if verdict.outcome == "issue" else f"Live, the control group would miss {gift}."
    return no("shadow", said + told, would=verdict.outcome, offer=_as_numbers(verdict.offer, question.program.currency))


def _as_numbers(offer: OfferSpec, currency: str) -> dict[str, Any]:
    benefit = offer.benefit
    return {
        "kind": offer.kind,
        "step": offer.step,
        "rule": offer.rule,
        "cycle": offer.cycle,
        "type": benefit.type,
        "percent": benefit.value if benefit.type in {"percent", "none"} else 0,
        "value": benefit.value,
        "minimum_minor": benefit.minimum,
        "reserve_minor": offer.reserve,
        "currency": currency,
        "starts_at": offer.starts_at.isoformat(),
        "ends_at": offer.ends_at.isoformat(),
    }


def _next_check(question: Question, verdict: Verdict) -> datetime | None:
    """Nothing is written down, so the same offer would be made until its rule closes or another rule opens."""
    moments = [earliest(question, verdict)]
    moments += [trial.candidate.closes for trial in verdict.trials if trial.outcome != "hold"]
    return min((moment for moment in moments if moment is not None), default=None)
