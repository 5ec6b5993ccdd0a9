"""The surprise: a gift for customers drawn by lot each month; the lot is a hash, so it falls alike whenever it is asked."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from plugin.rewards.fields import joined
from plugin.rewards.limits import SURPRISE
from plugin.rewards.parts import Gift, Surprise
from plugin.rewards.question import Candidate, Case, Question, no, yes
from plugin.rewards.reward import asked_of, benefit_of
from plugin.rewards.wording import gives_numbers, gives_text

RULE = KIND = SURPRISE
#: part of every lot: another one than the control group's
LABEL = "regulars surprise 1"
POOLS = {
    "champions": frozenset({"champions"}),
    "best": frozenset({"champions", "loyal", "previously_loyal"}),
    "everyone": None,
}
#: months that are looked ahead; who is drawn in none of them is looked at again then
AHEAD = 12
#: a gift's day lies in the first days of every month, February too
DAYS = 27


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """What was drawn for one customer and one month."""

    drawn: bool
    #: YYYY-MM on the shop's calendar
    month: str
    #: out of ten thousand; drawn below 100 times the odds
    number: int
    #: position of the gift
    place: int
    opens: datetime
    closes: datetime


def surprise_cases(question: Question) -> tuple[Case, ...]:
    """The surprise's answer; nothing where it is off."""
    surprise = question.program.surprise
    if not surprise.enabled:
        return ()
    groups = POOLS[surprise.pool]
    if groups is not None and question.standing.group not in groups:
        said = "Surprises are for customers of other groups."
        return (Case(reason=no("surprise_not_in_pool", said, pool=surprise.pool)),)
    lots = [draw(question, surprise, months) for months in range(AHEAD)]
    asked = [lot for lot in lots if lot.drawn and question.as_of < lot.closes and not _given(question, lot)]
    # after the first gift, whatever became of it, and at the end of what can be seen, there are other lots
    again = (asked[0] if asked else lots[-1]).closes
    now = lots[0]
    numbers: dict[str, Any] = {"odds_percent": surprise.odds_percent, "number": now.number, "month": now.month}
    if not asked or question.as_of < asked[0].opens:
        said = (
            f"The lot for {now.month} is {now.number} of 10000; below {surprise.odds_percent * 100} it would be a gift."
        )
        reason = no("surprise_not_drawn", said, **numbers)
        if _given(question, now):
            reason = no("surprise_given", f"The surprise for {now.month} was decided already.", **numbers)
        elif now.drawn:
            reason = no("surprise_ahead", f"A gift was drawn for {now.month}; its day is still to come.", **numbers)
        ahead = _candidate(question, surprise, asked[0]) if asked else None
        return (Case(reason=reason, candidate=ahead, again=again),)
    candidate = _candidate(question, surprise, asked[0])
    gives, currency = candidate.benefit, question.program.currency
    said = f"Drawn by lot for {now.month}: {gives_text(gives, currency)}."
    reason = yes("surprise_drawn", said, **numbers, gives=gives_numbers(gives, currency))
    return (Case(reason=reason, candidate=candidate, again=again),)


def draw(question: Question, surprise: Surprise, months: int) -> Lot:
    """The lot of the customer for the month that lies so many after the present one, on the shop's calendar."""
    local = question.as_of.astimezone(question.zone)
    year, month = divmod(local.year * 12 + local.month - 1 + months, 12)
    begins = datetime(year, month + 1, 1, tzinfo=question.zone)
    following, next_month = divmod(year * 12 + month + 1, 12)
    texts = (LABEL, question.program.key, question.shop, question.standing.customer_id, f"{begins:%Y-%m}")
    digest = hashlib.sha256(joined(*texts)).digest()
    chance, which, when = (int.from_bytes(digest[place : place + 8], "big") for place in (0, 8, 16))
    return Lot(
        month=f"{begins:%Y-%m}",
        drawn=chance * 100 < surprise.odds_percent << 64,
        number=chance * 10_000 >> 64,
        place=_place(surprise.gifts, which),
        opens=(begins + timedelta(seconds=DAYS * 86_400 * when >> 64)).astimezone(UTC),
        closes=datetime(following, next_month + 1, 1, tzinfo=question.zone).astimezone(UTC),
    )


def _place(gifts: tuple[Gift, ...], which: int) -> int:
    """The gift under a number of 64 bits, by weight."""
    left = which * sum(gift.weight for gift in gifts) >> 64
    for place, gift in enumerate(gifts):
        if left < gift.weight:
            return place
        left -= gift.weight
    return len(gifts) - 1


def _candidate(question: Question, surprise: Surprise, lot: Lot) -> Candidate:
    gift = surprise.gifts[lot.place]
    return Candidate(
        kind=KIND,
        step=f"gift_{lot.place + 1}",
        rule=RULE,
        cycle=f"month:{lot.month}",
        asked=asked_of(gift),
        benefit=benefit_of(gift, question.program.limits),
        valid_days=surprise.valid_days,
        opens=lot.opens,
        closes=lot.closes,
    )


def _given(question: Question, lot: Lot) -> bool:
    return any(offer.rule == RULE and offer.cycle == f"month:{lot.month}" for offer in question.past)
