"""Shopify as a Platform: what Regulars asks of a store, put to the Admin API."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from plugin.platforms.in_store import CustomerMark
from plugin.platforms.protocol import (
    DiscountPage,
    DiscountSpec,
    FetchedOrder,
    PlatformError,
    StoredDiscount,
    StoreInfo,
)
from plugin.platforms.shopify import customers, discounts, history, marks, orders, pools, shop
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.history import Changed


class ShopifyPlatform:
    """One Shopify store with its currency; see ``Platform`` for what each method means and raises."""

    def __init__(self, client: AdminClient, *, currency: str) -> None:
        self._client = client
        self._currency = currency

    def create_discount(self, spec: DiscountSpec) -> StoredDiscount:
        """Puts the code into the store."""
        return discounts.create(self._client, spec)

    def find_discount(self, code: str) -> StoredDiscount | None:
        """The discount with this code, or None."""
        return discounts.find(self._client, code)

    def find_discounts(self, refs: Collection[str]) -> dict[str, StoredDiscount]:
        """Those of these discounts that are still there."""
        return discounts.find_many(self._client, refs)

    def list_discounts(self, *, changed_since: datetime, after: str | None) -> DiscountPage:
        """A page of the discounts changed since then."""
        return discounts.list_changed(self._client, changed_since=changed_since, after=after, currency=self._currency)

    def deactivate_discount(self, ref: str) -> None:
        """Switches the discount off."""
        discounts.deactivate(self._client, ref)

    def fetch_order(self, order_id: str) -> FetchedOrder | None:
        """The order as it is now, or None."""
        return orders.fetch_order(self._client, order_id, currency=self._currency)

    def changed_orders(self, *, since: datetime, after: str | None) -> Changed:
        """A page of the orders that changed since then, without what they hold."""
        return history.changed_orders(self._client, since=since, after=after)

    def customer_tags(self, customer_id: str) -> tuple[str, ...] | None:
        """The customer's tags as they are now, or None."""
        return customers.customer_tags(self._client, customer_id)

    def mark_customer(self, mark: CustomerMark) -> None:
        """Writes on a customer, and takes away."""
        marks.mark_customer(self._client, mark)

    def define_fields(self) -> None:
        """Makes our fields known to segments."""
        marks.define_fields(self._client)

    def start_flow(self, handle: str, payload: Mapping[str, Any]) -> None:
        """Starts the automations that wait for this."""
        marks.start_flow(self._client, handle, payload)

    def customer_groups(self, customer_ids: Collection[str]) -> dict[str, str | None]:
        """Shopify's own groups of these customers."""
        return marks.customer_groups(self._client, customer_ids)

    def delete_discounts(self, refs: Collection[str]) -> None:
        """Has discounts taken out of the store."""
        pools.delete(self._client, refs)

    def add_codes(self, ref: str, codes: Collection[str]) -> dict[str, PlatformError | None]:
        """Adds codes to one discount."""
        return pools.add_codes(self._client, ref, codes)

    def remove_code(self, code: str) -> None:
        """Takes one code out of a discount that holds several."""
        pools.remove_code(self._client, code)

    def store_info(self) -> StoreInfo:
        """What the store says of itself."""
        return shop.store_info(self._client)
