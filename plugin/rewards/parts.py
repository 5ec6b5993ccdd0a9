"""The parts of a program: frozen values without checks of their own; the program checks them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


class Reward(Protocol):
    """What a rule gives: the fields that tiers and steps share."""

    @property
    def type(self) -> str:
        """One of percent, fixed, shipping, gift."""

    @property
    def percent(self) -> int:
        """Whole percent off, for a percentage; 0 gives nothing."""

    @property
    def amount(self) -> int:
        """Minor units: what a fixed amount takes off, the dearest shipping that is free, the gift's price."""

    @property
    def cap(self) -> int:
        """The most that a percentage is meant to take off, minor units; 0 for no such limit."""

    @property
    def product(self) -> str:
        """The store's id of the gift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tier:
    """A loyalty tier: reached by net spend over the last 365 days."""

    name: str
    #: minor units; the first tier's is 0
    spend_from: int
    #: whole percent off, 0 for a tier without a discount
    percent: int
    type: str = "percent"
    amount: int = 0
    cap: int = 0
    product: str = ""
    #: orders of the last 365 days that it takes, where orders are counted and not spend
    orders_from: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """A discount beside the tiers': for an order by its number, a year since the first order, a group entered."""

    #: order_number | anniversary | group
    on: str
    #: which order; which year, 0 for every one
    number: int
    #: the group entered, as measured
    group: str
    percent: int
    valid_days: int
    type: str = "percent"
    amount: int = 0
    cap: int = 0
    product: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loyalty:
    """A discount after an order, by tier."""

    enabled: bool
    tiers: tuple[Tier, ...]
    valid_days: int
    #: what tiers go by, over the last 365 days: spend | orders
    measure: str = "spend"
    #: of what it takes to enter a tier: what it takes to stay, and to come back after having lost it
    retain_percent: int = 100
    reenter_percent: int = 100
    #: days below that before one step down
    grace_days: int = 0
    #: days before the end of the grace at which it is told again
    notice_days: int = 7
    occasions: tuple[Occasion, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When silence starts the ladder: the customer's own rhythm, a fixed number of days, or a multiple of the usual gap."""

    #: recommended | days | gap_multiple | quantile
    rule: str
    days: int
    gap_multiple_tenths: int
    #: of those who come back after so many orders, the share that has by then: 50, 80, 90 or 95
    quantile_percent: int = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One rung: ``wait_days`` after the rung before it (the first: after the timing's moment)."""

    #: reminder | offer | last_offer
    name: str
    wait_days: int
    #: 0: no discount, a reminder only
    percent: int
    valid_days: int
    type: str = "percent"
    amount: int = 0
    cap: int = 0
    product: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WinBack:
    """The ladder for customers who are late; after it nothing for ``sunset_days``."""

    enabled: bool
    timing: Timing
    steps: tuple[Step, ...]
    sunset_days: int
    #: customers whose moment passed longer ago than this when they are first seen are left in peace
    max_age_days: int
    #: messages and offers a day at most, so that turning it on is no flood; 0 for no such limit
    daily_ramp: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What holds for every offer."""

    highest_percent: int
    #: smallest order that a code is good for, minor units
    min_order: int
    #: order value up to which the worst case of a percentage is reckoned, minor units
    order_guard: int
    wait_days: int
    #: minor units a calendar month in the shop's zone
    monthly_budget: int
    #: minor units that the offers of one day may cost at most; 0 for no such limit
    daily_budget: int = 0
    #: minor units that one customer's offers of 365 days may cost at most; 0 for no such limit
    customer_year: int = 0
    #: of the price of an order before the discount, what is left over its costs; 0: not known, nothing is held against it
    margin_percent: int = 0
    #: of the price after the discount, what must be left
    margin_floor_percent: int = 0
    #: the store's ids of the products and collections that discounts are for; empty: everything
    products: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    #: may a code be combined with other discounts on the order, on products, on shipping
    combine_order: bool = False
    combine_product: bool = False
    combine_shipping: bool = False
    #: tags in the store whose bearers get nothing
    leave_out_tags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InStore:
    """What is written into the store beside the codes; nothing of it until the merchant turns it on."""

    #: group, tier, next step and early access as fields of the customer
    metafields: bool = False
    #: the same as tags of the customer
    tags: bool = False
    #: automations of the store are started when an offer is issued and when it is about to end
    flow: bool = False
    #: the store's own group of each customer is read, to be shown beside ours
    read_groups: bool = False
    #: one discount for each benefit and end date holds the codes of many; a code is not bound to its customer then
    pooled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Announced:
    """A reward without a code that customers are told of: early access, marked on the customer in the store."""

    enabled: bool = False
    #: the lowest tier that has it, by name
    tier: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gift:
    """One of the things that a surprise may be."""

    percent: int
    #: how often it is drawn beside the others
    weight: int
    type: str = "percent"
    amount: int = 0
    cap: int = 0
    product: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surprise:
    """An unannounced gift for customers drawn by lot each month, from money of its own."""

    enabled: bool = False
    #: champions | best | everyone
    pool: str = "best"
    #: customers of the pool in a hundred who are drawn in a month
    odds_percent: int = 2
    #: minor units a calendar month, beside the budget of the other rules
    monthly_budget: int = 0
    valid_days: int = 30
    gifts: tuple[Gift, ...] = ()
