"""What storage accepts about a store: frozen, platform-neutral statements of how things stand.

Webhooks, imports and polling all speak in these, so that the same purchase leaves the same rows whichever way it came.
Money is whole minor units of the shop's currency (cents of a dollar, yen of a yen); instants are aware and in UTC.
"""

from __future__ import annotations

from datetime import datetime

import msgspec


class LineFact(msgspec.Struct, frozen=True, kw_only=True):
    """One position of an order."""

    line_id: str
    product_id: str | None
    variant_id: str | None
    #: how many are still ordered, after edits and returns
    quantity: int
    #: what they cost together after their discounts, before tax
    total_minor: int
    gift_card: bool = False


class CodeFact(msgspec.Struct, frozen=True, kw_only=True):
    """A discount code used on an order, as the buyer typed it, and what it took off."""

    code: str
    discount_minor: int


class OrderFact(msgspec.Struct, frozen=True, kw_only=True):
    """An order as the store last told it; the newest ``updated_at`` wins."""

    order_id: str
    #: None for a guest
    customer_id: str | None
    #: when the purchase really happened (Shopify's ``processed_at``)
    ordered_at: datetime
    updated_at: datetime
    cancelled_at: datetime | None
    test: bool
    #: False for an order whose payment was voided or has expired
    paid: bool
    currency: str
    #: what the order came to when it was placed
    gross_minor: int
    #: what it comes to now, after edits and returns as far as the store counts them
    current_minor: int
    codes: tuple[CodeFact, ...] = ()
    lines: tuple[LineFact, ...] = ()
    #: where it was bought, in the store's own word (web, pos, the name of a store view); None: not told
    channel: str | None = None
    #: the country of the bill, two capitals; None: not told
    country: str | None = None


class RefundFact(msgspec.Struct, frozen=True, kw_only=True):
    """Money given back on an order; may arrive before the order itself."""

    refund_id: str
    order_id: str
    refunded_at: datetime
    amount_minor: int
    currency: str


class CustomerFact(msgspec.Struct, frozen=True, kw_only=True):
    """A customer exists; the newest ``updated_at`` wins."""

    customer_id: str
    updated_at: datetime
    deleted: bool = False


class ConsentFact(msgspec.Struct, frozen=True, kw_only=True):
    """What a customer agreed to be written to about by e-mail; the newest ``updated_at`` wins."""

    customer_id: str
    #: subscribed, not_subscribed, unsubscribed, pending, invalid or redacted
    state: str
    updated_at: datetime


class MergeFact(msgspec.Struct, frozen=True, kw_only=True):
    """Two customers were one person: what belonged to ``gone_id`` belongs to ``kept_id``."""

    kept_id: str
    gone_id: str
    merged_at: datetime


class ShopFact(msgspec.Struct, frozen=True, kw_only=True):
    """What a store says of itself."""

    name: str
    currency: str
    #: IANA name
    timezone: str
    updated_at: datetime
