"""Discounts for an occasion: an order by its number, the day of the first order, a group entered by an order."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.rewards.decision import Reason
from plugin.rewards.loyalty import FRESH_DAYS
from plugin.rewards.parts import Occasion
from plugin.rewards.question import Candidate, Case, Question, no, yes
from plugin.rewards.reward import asked_of, benefit_of
from plugin.rewards.wording import date_text, gives_numbers, gives_text

KIND = "occasion"
#: the same group is no news again so soon
AGAIN_DAYS = 180
#: who has not ordered for so long is not greeted for years of loyalty
STILL_CUSTOMER = timedelta(days=365)
FRESH = timedelta(days=FRESH_DAYS)


def occasion_cases(question: Question) -> tuple[Case, ...]:
    """What every occasion of the program says; nothing where loyalty is off."""
    if not question.program.loyalty.enabled:
        return ()
    return tuple(_ASKED[occasion.on](question, occasion) for occasion in question.program.loyalty.occasions)


def step_of(occasion: Occasion) -> str:
    """The step, and with the kind before it the rule, of an occasion's offers."""
    if occasion.on == "group":
        return f"group_{occasion.group}"
    return f"order_{occasion.number}" if occasion.on == "order_number" else f"year_{occasion.number}"


def anniversary(first: datetime, years: int) -> datetime:
    """The same day and time so many years later; of a 29 February, the 28th where there is none."""
    try:
        return first.replace(year=first.year + years)
    except ValueError:
        return first.replace(year=first.year + years, day=28)


def _order_number(question: Question, occasion: Occasion) -> Case:
    standing = question.standing
    numbers = {"occasion": step_of(occasion), "number": occasion.number, "orders": standing.order_count}
    if standing.order_count != occasion.number:
        said = f"Order {occasion.number} has an offer of its own; there are {standing.order_count} so far."
        return Case(reason=no("occasion_not_now", said, **numbers))
    closes = standing.last_order_at + FRESH
    said = f"This was order {occasion.number}"
    return _case(question, occasion, f"order:{occasion.number}", opens=standing.last_order_at, closes=closes, said=said)


def _anniversary(question: Question, occasion: Occasion) -> Case:
    first, at = question.standing.first_order_at, question.as_of
    numbers = {"occasion": step_of(occasion), "number": occasion.number, "orders": question.standing.order_count}
    if first is None:
        said = "It is not known when the first order was."
        return Case(reason=no("occasion_not_now", said, **numbers))
    local = first.astimezone(question.zone)
    next_one = max(at.astimezone(question.zone).year - local.year - 1, 1)
    while anniversary(local, next_one) + FRESH <= at or _given(question, occasion, f"year:{next_one}"):
        next_one += 1
    years = occasion.number or next_one
    day = anniversary(local, years)
    closes = min(day + FRESH, question.standing.last_order_at + STILL_CUSTOMER)
    if day >= closes or years < next_one:
        said = "No year since the first order is reached that has an offer while the last order is under a year old."
        return Case(reason=no("occasion_not_now", said, **numbers))
    return _case(
        question, occasion, f"year:{years}", opens=day, closes=closes, said=f"Year {years} since the first order"
    )


def _group(question: Question, occasion: Occasion) -> Case:
    standing = question.standing
    numbers = {"occasion": step_of(occasion), "number": 0, "orders": standing.order_count}
    if standing.group != occasion.group:
        said = f"Entering the group {occasion.group} has an offer; the customer is not in it."
        return Case(reason=no("occasion_not_now", said, **numbers))
    before = [offer.created_at for offer in question.past if offer.rule == _rule(occasion)]
    opens = max([standing.last_order_at, *(made + timedelta(days=AGAIN_DAYS) for made in before)])
    closes = standing.last_order_at + FRESH
    if opens >= closes:
        said = f"Entering the group {occasion.group} was answered in the last {AGAIN_DAYS} days."
        return Case(reason=no("occasion_given", said, **numbers, until=opens.isoformat()))
    return _case(
        question,
        occasion,
        f"order:{standing.last_order_id}",
        opens=opens,
        closes=closes,
        said=f"In the group {occasion.group}",
    )


def _case(question: Question, occasion: Occasion, cycle: str, *, opens: datetime, closes: datetime, said: str) -> Case:
    benefit, currency = benefit_of(occasion, question.program.limits), question.program.currency
    when = date_text(opens, question.zone)
    numbers = {
        "occasion": step_of(occasion),
        "cycle": cycle,
        "on": opens.isoformat(),
        "gives": gives_numbers(benefit, currency),
    }
    reason: Reason = yes("occasion_applies", f"{said}, since {when}: {gives_text(benefit, currency)}.", **numbers)
    if _given(question, occasion, cycle):
        return Case(reason=no("occasion_given", f"{said}; its offer was decided already.", **numbers))
    if question.as_of >= closes:
        late = f"{said}, on {when}; an offer for it is given within {FRESH_DAYS} days."
        return Case(reason=no("occasion_past", late, **numbers))
    if question.as_of < opens:
        reason = no("occasion_ahead", f"{said} on {when}: {gives_text(benefit, currency)} then.", **numbers)
    candidate = Candidate(
        kind=KIND,
        step=step_of(occasion),
        rule=_rule(occasion),
        cycle=cycle,
        asked=asked_of(occasion),
        benefit=benefit,
        valid_days=occasion.valid_days,
        opens=opens,
        closes=closes,
    )
    return Case(reason=reason, candidate=candidate)


def _given(question: Question, occasion: Occasion, cycle: str) -> bool:
    return any(offer.rule == _rule(occasion) and offer.cycle == cycle for offer in question.past)


def _rule(occasion: Occasion) -> str:
    return f"{KIND}/{step_of(occasion)}"


_ASKED = {"order_number": _order_number, "anniversary": _anniversary, "group": _group}
