"""The limits that hold for every offer: until when they keep one back, and what they say about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from plugin.rewards.decision import Benefit, PastOffer, Reason
from plugin.rewards.holdout import is_held_out
from plugin.rewards.margin import leaves_enough, most_percent
from plugin.rewards.question import Candidate, Question, no, yes
from plugin.rewards.reward import is_at_least
from plugin.rewards.wording import date_text, days_text, gives_numbers, gives_text, money_text

#: Never in the customer's hands, so nothing to wait for. Held-out offers do count: both arms must wait alike.
NOT_GIVEN = frozenset({"cancelled", "rejected"})
#: has money of its own
SURPRISE = "surprise"
#: The customer can use it until it ends (or, in the control group, could have). An expired one did end by itself.
UNTIL_THE_END = frozenset({"planned", "sending", "issued", "held_out", "expired"})

NONE_OPEN = yes("no_open_offer", "No other offer is open.")


def wait_ends(question: Question, *, kind: str, cycle: str) -> datetime | None:
    """When the wait since the last discount is over, or None without one.

    The rungs of one ladder have their own waits and do not wait for each other here; reminders never count.
    """
    waits = timedelta(days=question.program.limits.wait_days)
    counted = [offer.created_at + waits for offer in question.past if _counts(offer, kind=kind, cycle=cycle)]
    return max(counted, default=None)


def larger_ends(question: Question, benefit: Benefit) -> datetime | None:
    """When the last offer that is at least as large ends or has ended, or None without one."""
    ends = [o.ends_at for o in question.past if o.state in UNTIL_THE_END and is_at_least(o, benefit)]
    return max(ends, default=None)


def held_until(question: Question, *, kind: str, cycle: str, benefit: Benefit) -> datetime | None:
    """Until when earlier offers keep, or kept, a benefit back; None when they never did.

    It stays the same while time passes, so that what is reckoned from it does not move.
    """
    ends = (wait_ends(question, kind=kind, cycle=cycle), larger_ends(question, benefit))
    return max(filter(None, ends), default=None)


def month_after(question: Question) -> datetime:
    """The instant at which the next calendar month begins in the shop's zone."""
    return _month_after(question.as_of, question.zone)


def wait_check(question: Question, candidate: Candidate) -> Reason:
    """Whether the wait between offers has passed."""
    wait_days = question.program.limits.wait_days
    until = wait_ends(question, kind=candidate.kind, cycle=candidate.cycle)
    if until is None or until <= question.as_of:
        # kept decisions say it so; pages say it in more words
        return yes("wait_over", f"No other offer in the last {days_text(wait_days)}.", wait_days=wait_days)
    when = date_text(until, question.zone)
    said = f"The last offer is under {days_text(wait_days)} old; the wait ends on {when}."
    return no("wait_between_offers", said, wait_days=wait_days, until=until.isoformat())


def open_check(question: Question, candidate: Candidate) -> Reason:
    """Whether no open offer is at least as large."""
    opened = [offer for offer in question.past if offer.gives and _is_open(offer, question.as_of)]
    if not opened:
        return NONE_OPEN
    alike = all(offer.type in {"", "percent"} for offer in opened)
    largest = max(opened, key=lambda offer: (0 if alike else offer.worth, offer.percent))
    called, numbers = _called(largest, candidate, question.program.currency)
    until = larger_ends(question, candidate.benefit)
    if until is None or until <= question.as_of:
        said = f"An offer of {called} is open. This one is larger and counts; they do not add up."
        return yes("open_offer_smaller", said, **numbers)
    when = date_text(until, question.zone)
    said = f"An offer of {called} is open until {when}. The larger one counts; they do not add up."
    return no("open_offer", said, **numbers, until=until.isoformat())


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
    cap, used = budget.cap, budget.used
    if candidate.kind == SURPRISE:
        cap, used = question.program.surprise.monthly_budget, budget.surprise_used
    needed = candidate.benefit.cap
    numbers = {"month": budget.month, "cap_minor": cap, "used_minor": used, "needed_minor": needed}
    left = max(cap - used, 0)
    said = f"The offer can cost up to {money_text(needed, currency)}; "
    of_cap = f"{money_text(left, currency)} of the budget of {money_text(cap, currency)} is left"
    if needed > cap:
        said += f"that is more than the whole monthly budget of {money_text(cap, currency)}."
        return no("budget_too_small", said, **numbers, currency=currency)
    if needed > left:
        fresh = month_after(question)
        said += f"{of_cap}. A new budget begins on {date_text(fresh, question.zone)}."
        return no("budget_used_up", said, **numbers, currency=currency, until=fresh.isoformat())
    return yes("budget_left", f"{said}{of_cap}.", **numbers, currency=currency)


def is_used_up(question: Question, candidate: Candidate) -> bool:
    """Whether ``budget_check`` says that only this month's money is in the way."""
    cap, used = question.budget.cap, question.budget.used
    if candidate.kind == SURPRISE:
        cap, used = question.program.surprise.monthly_budget, question.budget.surprise_used
    return max(cap - used, 0) < candidate.benefit.cap <= cap


def leaves_nothing(question: Question, candidate: Candidate) -> bool:
    """Whether ``highest_check`` says no."""
    benefit = candidate.benefit
    below = benefit.type in {"shipping", "gift"} and not leaves_enough(benefit.cap, question.program.limits)
    return benefit.cap == 0 or below


def highest_check(question: Question, candidate: Candidate) -> Reason:
    """Whether the highest discount leaves anything of it."""
    highest, benefit, currency = question.program.limits.highest_percent, candidate.benefit, question.program.currency
    numbers: dict[str, Any] = {"highest_percent": highest, "asked_percent": candidate.asked, "percent": benefit.value}
    asked = f"{candidate.asked} %"
    if benefit.type != "percent":
        asked = money_text(candidate.asked, currency)
        numbers = {
            "highest_percent": highest,
            "asked_minor": candidate.asked,
            "gives": gives_numbers(benefit, currency),
        }
    if benefit.cap == 0:
        return no("highest_is_zero", "The highest discount is set to 0 %, so no discount can be given.", **numbers)
    limits = question.program.limits
    if limits.margin_percent:
        numbers |= {"margin_percent": limits.margin_percent, "floor_percent": limits.margin_floor_percent}
    if benefit.type in {"shipping", "gift"} and not leaves_enough(benefit.cap, limits):
        said = (
            f"On the smallest order {gives_text(benefit, currency)} would leave less than "
            f"{limits.margin_floor_percent} % of a margin of {limits.margin_percent} %."
        )
        return no("below_margin", said, **numbers)
    lowered = benefit.type in {"percent", "fixed"} and benefit.value < candidate.asked
    if lowered and most_percent(limits) < highest:
        said = (
            f"The rule says {asked}; so that {limits.margin_floor_percent} % is left of a margin of "
            f"{limits.margin_percent} %, it is {gives_text(benefit, currency)}."
        )
        return yes("margin_floor", said, **numbers)
    if lowered:
        said = f"The rule says {asked}; the highest discount makes it {gives_text(benefit, currency)}."
        return yes("highest_percent", said, **numbers)
    return yes("within_highest", f"Not above the highest discount of {highest} %.", **numbers)


def _counts(offer: PastOffer, *, kind: str, cycle: str) -> bool:
    same_ladder = offer.kind == kind and offer.cycle == cycle
    return offer.gives and offer.state not in NOT_GIVEN and not same_ladder


def _is_open(offer: PastOffer, moment: datetime) -> bool:
    return offer.state in UNTIL_THE_END and offer.ends_at > moment


def _called(largest: PastOffer, candidate: Candidate, currency: str) -> tuple[str, dict[str, Any]]:
    """An open offer as a sentence names it, and it and the candidate as numbers."""
    numbers: dict[str, Any] = {"open_percent": largest.percent, "percent": candidate.percent}
    if largest.type in {"", "percent"}:
        return f"{largest.percent} %", numbers
    known = Benefit(type=largest.type, value=largest.percent, cap=largest.worth, minimum=0)
    return gives_text(known, currency), {**numbers, "open_gives": gives_numbers(known, currency)}


# a sitting asks for each customer anew, at one instant
@lru_cache(maxsize=64)
def _month_after(moment: datetime, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    year, month = divmod(local.year * 12 + local.month, 12)
    return datetime(year, month + 1, 1, tzinfo=zone).astimezone(UTC)
