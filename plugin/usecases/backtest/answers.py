"""What a quick answer goes by, and what it says. Instants are microseconds since 1970."""

from __future__ import annotations

from typing import NamedTuple

from plugin.rewards.decision import Benefit, OfferSpec

#: in the place of an instant: some rule asks for an offer now
ASKS = -1


class Facts(NamedTuple):
    """What an answer goes by, beside the customer's offers and the instant."""

    customer_id: str
    #: minor units of the last 365 days; None where no order is fresh, for then no tier is asked for
    spend: int | None
    last_at: int
    last_id: str
    #: when win-back may begin; None while the store has no rhythm
    late_at: int | None


class Money(NamedTuple):
    """Of the month's money what is used, and the win-back messages of the day so far."""

    used: int
    win_backs: int


class Wish(NamedTuple):
    """An offer that a rule asks for between two instants."""

    kind: str
    step: str
    rule: str
    cycle: str
    benefit: Benefit
    #: not a message without a discount
    gives: bool
    valid_days: int
    opens: int
    closes: int


class Answer(NamedTuple):
    """What would be decided."""

    #: None: only an order can change it
    next_check: int | None
    offer: OfferSpec | None = None
    held_out: bool = False
    #: nothing is given, and the month's money is among what keeps it back
    budget_used_up: bool = False
    #: two rules ask at once, or an open offer keeps another back
    overlap: bool = False
    #: the one offer that is asked for, where nothing but the day's messages, and perhaps the month's money, keeps it back
    waits: Wish | None = None


#: nothing that time alone brings
NOTHING = Answer(None)
