"""What a customer is to be told about their tier, before it is lowered and after; and when to look again because of it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plugin.rewards.decision import Reason
from plugin.rewards.question import Question, yes
from plugin.rewards.tiers import held_by
from plugin.rewards.wording import count_text, date_text, money_text

#: a lowered tier is news for so long
NEWS = timedelta(days=30)


def tier_notices(question: Question) -> tuple[Reason, ...]:
    """The grace that runs, once more shortly before it ends, and a step down of the last days."""
    standing, program = question.standing, question.program
    if standing.tier is None or not program.loyalty.enabled:
        return ()
    tier = held_by(program, standing).name
    value, needed = standing.tier_value or 0, standing.tier_needed or 0
    numbers: dict[str, Any] = {
        "tier": tier,
        "value": value,
        "needed": needed,
        "measure": program.loyalty.measure,
        "currency": program.currency,
    }
    missing = _amount(question, max(needed - value, 0))
    if standing.tier_ends_at is not None:
        when = date_text(standing.tier_ends_at, question.zone)
        said = f"Keeps tier {tier} until {when}; {missing} more by then and it stays."
        numbers["until"] = standing.tier_ends_at.isoformat()
        if question.as_of >= standing.tier_ends_at - timedelta(days=program.loyalty.notice_days):
            return (yes("tier_ends_soon", said, **numbers),)
        return (yes("tier_in_grace", said, **numbers),)
    lowered = standing.tier_lowered_at
    if lowered is not None and question.as_of < lowered + NEWS:
        said = f"Since {date_text(lowered, question.zone)} the tier is {tier}, one step lower."
        return (yes("tier_lowered", said, **numbers, since=lowered.isoformat()),)
    return ()


def next_notice(question: Question) -> datetime | None:
    """When the tier or what is to be told about it changes next, nothing being bought."""
    standing, loyalty = question.standing, question.program.loyalty
    moments = [standing.tier_changes_at, standing.tier_ends_at]
    if standing.tier_ends_at is not None:
        moments.append(standing.tier_ends_at - timedelta(days=loyalty.notice_days))
    ahead = [moment for moment in moments if moment is not None and moment > question.as_of]
    return min(ahead, default=None) if loyalty.enabled else None


def _amount(question: Question, missing: int) -> str:
    if question.program.loyalty.measure == "spend":
        return money_text(missing, question.program.currency)
    return count_text(missing, "order", "orders")
