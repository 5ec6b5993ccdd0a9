"""What a discount gives, to whom and when, in a form that two of them can be compared in."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The fingerprint of a discount. Money is minor units; lists are sorted; instants are whole seconds in UTC."""

    type: str
    #: whole percent, for percent
    percent: int
    #: minor units: a fixed amount, the most that shipping may cost
    amount: int
    minimum: int
    customers: tuple[str, ...]
    products: tuple[str, ...]
    collections: tuple[str, ...]
    combines: tuple[str, ...]
    uses: int | None
    once_per_customer: bool
    starts_at: datetime
    ends_at: datetime | None


def changed(asked: Terms, found: Terms) -> tuple[str, ...]:
    """The names of what is other than it was asked for, in the order above."""
    return tuple(each.name for each in fields(Terms) if getattr(asked, each.name) != getattr(found, each.name))
