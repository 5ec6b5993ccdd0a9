"""Shopify as a Platform: what Regulars asks of a store, put to the Admin API."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from plugin.platforms.protocol import DiscountPage, DiscountSpec, FetchedOrder, StoredDiscount, StoreInfo
from plugin.platforms.shopify import customers, discounts, orders, shop
from plugin.platforms.shopify.admin import AdminClient


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

    def customer_tags(self, customer_id: str) -> tuple[str, ...] | None:
        """The customer's tags as they are now, or None."""
        return customers.customer_tags(self._client, customer_id)

    def store_info(self) -> StoreInfo:
        """What the store says of itself."""
        return shop.store_info(self._client)
