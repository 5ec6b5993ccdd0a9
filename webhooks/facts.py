"""What one delivery says, in words that are the same for every platform."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from storage.facts import ConsentFact, CustomerFact, MergeFact, OrderFact, RefundFact, ShopFact


class Unexpected(ValueError):
    """A readable payload that does not look like its topic; ``reason`` names fields, never what stood in them."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class RedactCustomer:
    """The store asks to forget a customer."""

    #: None where the store names the person by address only
    customer_id: str | None
    order_ids: tuple[str, ...]
    #: how the person may stand in kept bodies (e-mail, telephone): to be looked for and forgotten, never shown
    needles: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class DataRequest:
    """A customer asks the store what is kept about them."""

    request_id: str | None
    customer_id: str | None
    order_ids: tuple[str, ...]


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """What one delivery says: mostly one thing, and nothing for what does not concern us."""

    orders: tuple[OrderFact, ...] = ()
    refunds: tuple[RefundFact, ...] = ()
    customers: tuple[CustomerFact, ...] = ()
    merges: tuple[MergeFact, ...] = ()
    consents: tuple[ConsentFact, ...] = ()
    shop: ShopFact | None = None
    #: when the store removed the plugin
    uninstalled_at: datetime | None = None
    redact_customer: RedactCustomer | None = None
    #: when the store asked to be forgotten; it may have come back since
    redact_shop: datetime | None = None
    data_request: DataRequest | None = None
    #: orders that changed, without saying how
    refetch_order_ids: frozenset[str] = frozenset()
    #: orders that a store hints at, perhaps before it has them for good: to be read, and once more if they are not there
    hinted_order_ids: frozenset[str] = frozenset()
    #: customers whose tags changed; which they bear now has to be asked
    retagged: frozenset[str] = frozenset()
    #: discounts of the store that were changed or deleted, without saying how
    discount_ids: frozenset[str] = frozenset()
    #: what the store lets us do has changed, without saying how
    rescoped: bool = False
    #: what the store ran for us in the background and has ended, well or badly
    ended_operations: frozenset[str] = frozenset()
