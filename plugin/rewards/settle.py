"""What becomes of the money set aside for an offer: changes of a month's two counters, in minor units.

Set aside plus booked never goes above the month's cap. A discount can still come out larger than the worst case
reckoned with, because a store takes the percentage off any order; what finds no room in the month is the overrun,
which is told to the merchant and not hidden in a counter.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """The change of the counters ``reserved`` and ``booked``, and what did not fit."""

    reserved: int
    booked: int
    overrun: int


def redeemed(*, held: int, discount: int, left: int) -> Move:
    """An order took ``discount`` off with the code.

    ``held`` is what is still set aside for the offer: 0 when it was given back meanwhile, and for a second use.
    ``left`` is cap - reserved - booked of the month before the move.
    """
    booked = min(discount, held + max(left, 0))
    return Move(reserved=-held, booked=booked, overrun=discount - booked)


def released(*, held: int) -> Move:
    """The code is off in the store and was not used: expired, cancelled, revoked, or refused by the store."""
    return Move(reserved=-held, booked=0, overrun=0)


def reversed_use(*, booked: int) -> Move:
    """The order that used the code was cancelled or wholly refunded; ``booked`` is what was booked for it then."""
    return Move(reserved=0, booked=-booked, overrun=0)
