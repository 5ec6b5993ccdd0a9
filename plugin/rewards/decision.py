"""What a decision is made from and what comes out of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """One customer as measured, in the units of the store: money in minor units, instants aware."""

    customer_id: str
    order_count: int
    last_order_id: str
    last_order_at: datetime
    spend_365d: int
    usual_gap_days: float | None
    lateness: str | None
    late_at: datetime | None
    lapsing_at: datetime | None
    lost_at: datetime | None
    group: str
    #: the merchant asked to leave this customer out of offers
    left_out: bool
    #: those of the customer's tags in the store that the rules name; None: not known (any more)
    tags: tuple[str, ...] | None = ()
    first_order_at: datetime | None = None
    #: the tier that is held, by name, where it is more than a matter of the present spend; None: by spend_365d
    tier: str | None = None
    #: what the tier goes by over the last 365 days, minor units or orders, and what it takes to stay
    tier_value: int | None = None
    tier_needed: int | None = None
    #: the end of the grace after which it is one step lower
    tier_ends_at: datetime | None = None
    tier_lowered_at: datetime | None = None
    #: when the next grace begins or ends if nothing is bought
    tier_changes_at: datetime | None = None
    #: days after which the program's share of customers with as many orders has come back, of those who do
    quantile_days: float | None = None


class PastOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer made to this customer before, in whatever state it is now."""

    kind: str
    step: str
    rule: str
    cycle: str
    state: str
    #: 0 for everything but a percentage
    percent: int
    created_at: datetime
    ends_at: datetime
    #: as in Benefit; empty where it was not kept yet: a percentage, or nothing
    type: str = ""
    #: the worst case that was set aside for it, minor units
    worth: int = 0
    #: what is set aside for it still, or what it has cost, minor units
    spent: int = 0

    @property
    def gives(self) -> bool:
        """Whether it is more than a message."""
        return self.percent > 0 or self.type not in {"", "percent", "none"}


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """The month's money at the time of the decision, minor units."""

    month: str
    cap: int
    used: int
    #: minor units set aside or spent for offers made on this day of the shop
    day_used: int = 0
    #: of the surprises' own money, set aside or spent in the month
    surprise_used: int = 0
    #: win-back messages and offers made on this day, the control group's included
    win_backs_today: int = 0


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One check of the decision, in the order it was made: a stable code, a sentence, the numbers in it."""

    code: str
    #: did it speak for the offer
    ok: bool
    detail: str
    numbers: Mapping[str, Any] = {}


class Benefit(msgspec.Struct, frozen=True, kw_only=True):
    """What the customer gets; ``plugin.rewards.benefit`` keeps it as JSON and reads it again."""

    #: percent | fixed | shipping | gift | none
    type: str
    #: whole percent of the order, or of the gift's price (usually 100); minor units of a fixed amount; 0 else
    value: int
    #: worst case in minor units: what is set aside for it
    cap: int
    #: smallest order, minor units
    minimum: int
    #: the store's ids of the products it is for, or of the gift; empty: everything
    products: tuple[str, ...] = ()
    #: the store's ids of the collections it is for
    collections: tuple[str, ...] = ()
    #: kinds of other discounts that it may be combined with: order | product | shipping
    combines: tuple[str, ...] = ()


class OfferSpec(msgspec.Struct, frozen=True, kw_only=True):
    """An offer to make: the rule that asks for it and the turn of that rule make it one of a kind."""

    kind: str
    step: str
    rule: str
    cycle: str
    benefit: Benefit
    reserve: int
    starts_at: datetime
    ends_at: datetime


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """``issue`` with an offer, ``held_out`` with the offer that the control group does not get, or ``hold`` without."""

    outcome: str
    offer: OfferSpec | None
    reasons: tuple[Reason, ...]
    #: when time alone could change the outcome; None: only a new order can
    next_check_at: datetime | None
