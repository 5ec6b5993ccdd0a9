"""The loyalty rule: after an order, a discount by tier."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from plugin.rewards.question import Candidate, Case, Question, no, yes
from plugin.rewards.reward import asked_of, benefit_of
from plugin.rewards.tiers import held_by, slug
from plugin.rewards.wording import count_text, date_text, gives_numbers, gives_text, money_text

RULE = KIND = "loyalty"
#: A thank-you that comes later than this is none. Deliveries may be late by days, an import must not thank for old orders.
FRESH_DAYS = 14


def loyalty_case(question: Question) -> Case:
    """Asks for the tier's discount while the last order is fresh, once for each order."""
    cycle = f"order:{question.standing.last_order_id}"
    closes = question.standing.last_order_at + timedelta(days=FRESH_DAYS)
    if not question.program.loyalty.enabled:
        return Case(reason=no("loyalty_off", "Loyalty discounts are switched off."))
    if question.as_of >= closes:
        age = (question.as_of - question.standing.last_order_at).days
        said = f"The last order is {age} days old; a loyalty discount is given up to {FRESH_DAYS} days after an order."
        return Case(reason=no("order_too_old", said, order_age_days=age, fresh_days=FRESH_DAYS))
    given = [offer for offer in question.past if offer.rule == RULE and offer.cycle == cycle]
    if given:
        when = date_text(given[-1].created_at, question.zone)
        said = f"The loyalty discount for the last order was decided on {when}; it is {given[-1].state} now."
        return Case(reason=no("already_given", said, state=given[-1].state, given_at=given[-1].created_at.isoformat()))
    return _by_tier(question, cycle, closes)


def _by_tier(question: Question, cycle: str, closes: datetime) -> Case:
    standing, program = question.standing, question.program
    tier = held_by(program, standing)
    spent = f"{money_text(standing.spend_365d, program.currency)} spent in 12 months is tier {tier.name}"
    if program.loyalty.measure == "orders":
        orders = count_text(standing.tier_value or 0, "order in 12 months is", "orders in 12 months are")
        spent = f"{orders} tier {tier.name}"
    if standing.tier_ends_at is not None:
        spent += f", kept until {date_text(standing.tier_ends_at, question.zone)}"
    numbers: dict[str, Any] = {
        "tier": tier.name,
        "percent": tier.percent,
        "spend_minor": standing.spend_365d,
        "currency": program.currency,
    }
    if program.loyalty.measure == "orders":
        numbers["orders"] = standing.tier_value
    if standing.tier_ends_at is not None:
        numbers["kept_until"] = standing.tier_ends_at.isoformat()
    benefit = benefit_of(tier, program.limits)
    if benefit.type == "none":
        return Case(reason=no("tier_without_discount", f"{spent}, which has no discount.", **numbers))
    candidate = Candidate(
        kind=KIND,
        step=slug(tier.name),
        rule=RULE,
        cycle=cycle,
        asked=asked_of(tier),
        benefit=benefit,
        valid_days=program.loyalty.valid_days,
        # an order dated a moment ahead of our clock has been placed all the same
        opens=min(standing.last_order_at, question.as_of),
        closes=closes,
    )
    rule_gives, told = f"{tier.percent} %", numbers
    if tier.type != "percent":
        rule_gives, told = (
            gives_text(benefit, program.currency),
            {**numbers, "gives": gives_numbers(benefit, program.currency)},
        )
    return Case(reason=yes("loyalty_applies", f"{spent}: {rule_gives} after an order.", **told), candidate=candidate)
