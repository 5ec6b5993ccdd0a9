"""The limits beside the month's budget: one customer's year, one day's money, one day's win-back messages.

Each is asked only where the merchant has set it.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from plugin.rewards.decision import PastOffer, Reason
from plugin.rewards.program import Program
from plugin.rewards.question import Candidate, Question, no, yes
from plugin.rewards.win_back import KIND as WIN_BACK
from plugin.rewards.wording import count_text, date_text, money_text

YEAR = timedelta(days=365)
#: money is held for these until they end
OPEN = frozenset({"planned", "sending", "issued", "held_out"})


def asks_of_the_day(program: Program) -> bool:
    """Whether an offer depends on what else the shop's day has seen."""
    ramp = program.win_back.enabled and program.win_back.daily_ramp
    return bool(program.limits.daily_budget or ramp)


def spending_checks(question: Question, candidate: Candidate) -> tuple[Reason, ...]:
    """What the set limits say to an offer."""
    limits = question.program.limits
    checks: list[Reason] = []
    if limits.customer_year and not candidate.is_reminder:
        checks.append(customer_year_check(question, candidate))
    if limits.daily_budget and not candidate.is_reminder:
        checks.append(day_check(question, candidate))
    if question.program.win_back.daily_ramp and candidate.kind == WIN_BACK:
        checks.append(ramp_check(question))
    return tuple(checks)


def ready_again(question: Question, candidate: Candidate, moment: datetime) -> datetime | None:
    """The first instant from ``moment`` on at which these limits let the offer pass; None: time alone never brings it."""
    limits = question.program.limits
    if limits.customer_year and not candidate.is_reminder:
        free = free_again(question, candidate.benefit.cap, moment)
        if free is None:
            return None
        moment = free
    if moment > question.as_of:
        return moment
    today = [check for check in spending_checks(question, candidate) if not check.ok]
    if any(check.code == "day_too_small" for check in today):
        return None
    return day_after(question) if today else moment


def day_after(question: Question) -> datetime:
    """The instant at which the next day begins in the shop's zone."""
    local = question.as_of.astimezone(question.zone)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0, tzinfo=None) + timedelta(days=1)
    return midnight.replace(tzinfo=question.zone).astimezone(UTC)


def free_again(question: Question, needed: int, moment: datetime) -> datetime | None:
    """From when on the customer's year has room for so much, not before ``moment``; None for never."""
    cap = question.program.limits.customer_year
    if needed > cap:
        return None
    ends = {end for offer in question.past for end in (offer.ends_at, offer.created_at + YEAR) if end > moment}
    return next(at for at in (moment, *sorted(ends)) if _spent(question, at) + needed <= cap)


def customer_year_check(question: Question, candidate: Candidate) -> Reason:
    """Whether the customer's offers of 365 days leave room for this one."""
    cap, used = question.program.limits.customer_year, _spent(question, question.as_of)
    needed, currency = candidate.benefit.cap, question.program.currency
    numbers = {"cap_minor": cap, "used_minor": used, "needed_minor": needed, "currency": currency}
    until = free_again(question, needed, question.as_of)
    said = f"The offer can cost up to {money_text(needed, currency)}; "
    of_cap = f"one customer's offers of a year may cost {money_text(cap, currency)}"
    if until is None:
        return no("customer_year_too_small", f"{said}{of_cap} in all.", **numbers)
    if until > question.as_of:
        when = date_text(until, question.zone)
        said += f"{of_cap}, and {money_text(used, currency)} of it is used until {when}."
        return no("customer_year_used", said, **numbers, until=until.isoformat())
    return yes("customer_year_left", f"{said}{of_cap}, and {money_text(used, currency)} of it is used.", **numbers)


def day_check(question: Question, candidate: Candidate) -> Reason:
    """Whether the most that the offer can cost is left of the day's money."""
    cap, used = question.program.limits.daily_budget, question.budget.day_used
    needed, currency = candidate.benefit.cap, question.program.currency
    numbers = {"cap_minor": cap, "used_minor": used, "needed_minor": needed, "currency": currency}
    said = f"The offer can cost up to {money_text(needed, currency)}; "
    if needed > cap:
        return no("day_too_small", f"{said}all offers of a day may cost {money_text(cap, currency)}.", **numbers)
    left = f"{money_text(max(cap - used, 0), currency)} of {money_text(cap, currency)} for today is left."
    if needed > cap - used:
        return no("day_used_up", said + left, **numbers, until=day_after(question).isoformat())
    return yes("day_left", said + left, **numbers)


def ramp_check(question: Question) -> Reason:
    """Whether win-back may write to one more customer today."""
    most, used = question.program.win_back.daily_ramp, question.budget.win_backs_today
    limit = count_text(most, "customer", "customers")
    if used >= most:
        chosen = count_text(used, "has been", "have been")
        said = f"Win-back writes to at most {limit} a day, and {chosen} chosen today. It goes on tomorrow."
        return no("ramp_full", said, most=most, used=used, until=day_after(question).isoformat())
    return yes("ramp_left", f"Win-back writes to at most {limit} a day; {used} so far.", most=most, used=used)


def _spent(question: Question, moment: datetime) -> int:
    return sum(_holds(offer, moment) for offer in question.past if offer.created_at + YEAR > moment)


def _holds(offer: PastOffer, moment: datetime) -> int:
    """What an offer takes of the year at a moment from now on: its cost, or what is set aside until it ends."""
    if offer.state == "redeemed" or (offer.state in OPEN and moment < offer.ends_at):
        return offer.spent
    return 0
