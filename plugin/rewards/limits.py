"""The limits that hold for every offer: until when they keep one back, and what they say about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from plugin.rewards.decision import PastOffer, Reason
from plugin.rewards.holdout import is_held_out
from plugin.rewards.question import Candidate, Question, no, yes
from plugin.rewards.wording import date_text, days_text, money_text
from plugin.rewards.worst_case import worst_case

#: Never in the customer's hands, so nothing to wait for. Held-out offers do count: both arms must wait alike.
NOT_GIVEN = frozenset({"cancelled", "rejected"})
#: The customer can use it until it ends (or, in the control group, could have). An expired one did end by itself.
UNTIL_THE_END = frozenset({"planned", "sending", "issued", "held_out", "expired"})


def wait_ends(question: Question, *, kind: str, cycle: str) -> datetime | None:
    """When the wait since the last discount is over, or None without one.

    The rungs of one ladder have their own waits and do not wait for each other here; reminders never count.
    """
    waits = timedelta(days=question.program.limits.wait_days)
    counted = [offer.created_at + waits for offer in question.past if _counts(offer, kind=kind, cycle=cycle)]
    return max(counted, default=None)


def larger_ends(question: Question, percent: int) -> datetime | None:
    """When the last offer of at least ``percent`` ends or has ended, or None without one."""
    ends = [offer.ends_at for offer in question.past if offer.state in UNTIL_THE_END and offer.percent >= percent]
    return max(ends, default=None)


def held_until(question: Question, *, kind: str, cycle: str, percent: int) -> datetime | None:
    """Until when earlier offers keep, or kept, a discount of ``percent`` back; None when they never did.

    It stays the same while time passes, so that what is reckoned from it does not move.
    """
    ends = (wait_ends(question, kind=kind, cycle=cycle), larger_ends(question, percent))
    return max(filter(None, ends), default=None)


def month_after(question: Question) -> datetime:
    """The instant at which the next calendar month begins in the shop's zone."""
    local = question.as_of.astimezone(question.zone)
    year, month = divmod(local.year * 12 + local.month, 12)
    return datetime(year, month + 1, 1, tzinfo=question.zone).astimezone(UTC)


def wait_check(question: Question, candidate: Candidate) -> Reason:
    """Whether the wait between offers has passed."""
    wait_days = question.program.limits.wait_days
    until = wait_ends(question, kind=candidate.kind, cycle=candidate.cycle)
    if until is None or until <= question.as_of:
        return yes("wait_over", f"No other offer in the last {days_text(wait_days)}.", wait_days=wait_days)
    when = date_text(until, question.zone)
    said = f"The last offer is under {days_text(wait_days)} old; the wait ends on {when}."
    return no("wait_between_offers", said, wait_days=wait_days, until=until.isoformat())


def open_check(question: Question, candidate: Candidate) -> Reason:
    """Whether no open offer is at least as large."""
    largest = max((offer.percent for offer in question.past if _is_open(offer, question.as_of)), default=0)
    if not largest:
        return yes("no_open_offer", "No other offer is open.")
    until = larger_ends(question, candidate.percent)
    if until is None or until <= question.as_of:
        said = f"An offer of {largest} % is open. This one is larger and counts; they do not add up."
        return yes("open_offer_smaller", said, open_percent=largest, percent=candidate.percent)
    when = date_text(until, question.zone)
    said = f"An offer of {largest} % is open until {when}. The larger one counts; they do not add up."
    return no("open_offer", said, open_percent=largest, percent=candidate.percent, until=until.isoformat())


def control_check(question: Question) -> Reason:
    """Whether the customer is outside the control group."""
    program, percent = question.program, question.program.holdout_percent
    who = question.standing.customer_id
    if is_held_out(key=program.key, shop=question.shop, customer_id=who, percent=percent):
        said = f"In the control group: {percent} in 100 customers get no offers, so that their effect can be measured."
        return no("control_group", said, holdout_percent=percent)
    return yes("not_in_control_group", "Not in the control group.", holdout_percent=percent)


def budget_check(question: Question, candidate: Candidate) -> Reason:
    """Whether the most that the offer can cost is left in the month's budget."""
    budget, currency = question.budget, question.program.currency
    needed = worst_case(percent=candidate.percent, order_guard=question.program.limits.order_guard)
    numbers = {"month": budget.month, "cap_minor": budget.cap, "used_minor": budget.used, "needed_minor": needed}
    left = max(budget.cap - budget.used, 0)
    said = f"The offer can cost up to {money_text(needed, currency)}; "
    of_cap = f"{money_text(left, currency)} of the budget of {money_text(budget.cap, currency)} is left"
    if needed > budget.cap:
        said += f"that is more than the whole monthly budget of {money_text(budget.cap, currency)}."
        return no("budget_too_small", said, **numbers, currency=currency)
    if needed > left:
        fresh = month_after(question)
        said += f"{of_cap}. A new budget begins on {date_text(fresh, question.zone)}."
        return no("budget_used_up", said, **numbers, currency=currency, until=fresh.isoformat())
    return yes("budget_left", f"{said}{of_cap}.", **numbers, currency=currency)


def highest_check(question: Question, candidate: Candidate) -> Reason:
    """Whether the highest discount leaves anything of it."""
    highest = question.program.limits.highest_percent
    numbers = {"highest_percent": highest, "asked_percent": candidate.asked_percent, "percent": candidate.percent}
    if candidate.percent == 0:
        return no("highest_is_zero", "The highest discount is set to 0 %, so no discount can be given.", **numbers)
    if candidate.percent < candidate.asked_percent:
        said = f"The rule says {candidate.asked_percent} %; the highest discount makes it {candidate.percent} %."
        return yes("highest_percent", said, **numbers)
    return yes("within_highest", f"Not above the highest discount of {highest} %.", **numbers)


def _counts(offer: PastOffer, *, kind: str, cycle: str) -> bool:
    same_ladder = offer.kind == kind and offer.cycle == cycle
    return offer.percent > 0 and offer.state not in NOT_GIVEN and not same_ladder


def _is_open(offer: PastOffer, moment: datetime) -> bool:
    return offer.state in UNTIL_THE_END and offer.ends_at > moment
