"""What Regulars asks of a store, and the ways in which a store can answer no.

The error's type says whether it may have happened and when to try again::

    PlatformError
      Refused               it did not happen
        NotSent             never left this machine: try again soon
        Throttled           wait retry_after_seconds
        Unauthorized        the store does not know the token: renew it once
          AccessLost        it cannot be renewed either: pause the shop, the message says what heals it
        AppUnknown          our own name or secret is wrong: set it right, try again
        ShopUnavailable     frozen, closed, not allowed: pause the shop, tell the merchant
        Taken               the code exists already: look it up, it is most likely ours
        Rejected            the store says no for good, and why
      InDoubt               it may have happened: look it up, or ask the very same again
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from plugin.platforms.terms import Terms
from storage.facts import CustomerFact, MergeFact, OrderFact, RefundFact

#: every discount of ours carries it beside the offer's id
MARK = "regulars"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountSpec:
    """A code to put into the store: bound to one customer, good once, with an end. Money is minor units."""

    code: str
    title: str
    #: marks the discount as ours; the offer's id
    tag: str
    customer_id: str
    #: percent | fixed | shipping | gift
    type: str = "percent"
    #: whole percent off
    percent: int = 0
    #: what a fixed amount takes off; of a gift or of free shipping, what it is worth at most
    amount: int = 0
    minimum: int
    currency: str
    starts_at: datetime
    ends_at: datetime
    #: the store's ids of what it is for; empty: everything
    products: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    #: order | product | shipping
    combines: tuple[str, ...] = ()
    #: holds the codes of many, of which each is good once; for whoever has one
    pool: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredDiscount:
    """A discount as the store has it."""

    ref: str
    code: str
    tags: tuple[str, ...]
    #: the store would still accept it, now or once it has started
    live: bool
    usage_count: int
    #: what it gives, to be compared with what was asked for; None for a kind that we never make
    terms: Terms | None = None
    #: names of what it gives other than it was made with, where the store itself can tell; with ``terms`` they are compared
    changed: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscountPage:
    """Some of a store's discounts, and where the next page begins; None after the last."""

    discounts: tuple[StoredDiscount, ...]
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreInfo:
    """What a store says of itself."""

    name: str
    currency: str
    timezone: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedOrder:
    """An order read again from the store, with the refunds on it."""

    order: OrderFact
    refunds: tuple[RefundFact, ...]
    #: who bought, and with whom they are one person, where the order tells it
    customers: tuple[CustomerFact, ...] = ()
    merges: tuple[MergeFact, ...] = ()


class Platform(Protocol):
    """One store's API. Every method makes at most one attempt; retries are the outbox's. Raises PlatformError."""

    def create_discount(self, spec: DiscountSpec) -> StoredDiscount:
        """Puts the code into the store. Raises Taken when the store has the code already."""
        ...

    def find_discount(self, code: str) -> StoredDiscount | None:
        """The discount that carries this code, whoever made it; None when the store says that there is none."""
        ...

    def find_discounts(self, refs: Collection[str]) -> dict[str, StoredDiscount]:
        """The discounts of these references that the store still has, without their terms; at most a page of them."""
        ...

    def list_discounts(self, *, changed_since: datetime, after: str | None) -> DiscountPage:
        """A page of the discounts changed since then, the longest ago first; those of others may be among them."""
        ...

    def deactivate_discount(self, ref: str) -> None:
        """Switches a discount off for good; returning means that the store shows it off."""
        ...

    def fetch_order(self, order_id: str) -> FetchedOrder | None:
        """An order as the store has it now; None when there is none (any more)."""
        ...

    def customer_tags(self, customer_id: str) -> tuple[str, ...] | None:
        """The tags that a customer bears now; None when there is no such customer (any more)."""
        ...

    def store_info(self) -> StoreInfo:
        """What the store says of itself and which scopes it granted."""
        ...


class PlatformError(Exception):
    """The store could not be asked, or did not do it."""


class Refused(PlatformError):
    """It did not happen."""


class NotSent(Refused):
    """The store could not be reached: nothing was sent."""


class Throttled(Refused):
    """The store asks to wait."""

    def __init__(self, message: str, *, retry_after_seconds: float) -> None:
        super().__init__(message)
        self.retry_after_seconds = retry_after_seconds


class Unauthorized(Refused):
    """The store does not know the token (any more)."""


class AccessLost(Unauthorized):
    """Nothing that is kept opens the store; the message says what would."""


class AppUnknown(Refused):
    """The store does not know our app, or not by this secret: a setting of ours is wrong, and no merchant can help."""


class ShopUnavailable(Refused):
    """The store is frozen or closed, or does not allow this."""


class Taken(Refused):
    """A discount with this code exists already."""


class Rejected(Refused):
    """The store says no for good."""

    def __init__(self, message: str, *, code: str) -> None:
        super().__init__(message)
        self.code = code


class InDoubt(PlatformError):
    """The answer was lost or could not be understood: it may have happened."""
