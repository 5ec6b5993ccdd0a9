"""Shopify as a Platform: what Regulars asks of a store, put to the Admin API."""

from __future__ import annotations

from plugin.platforms.protocol import DiscountSpec, FetchedOrder, StoredDiscount, StoreInfo
from plugin.platforms.shopify import discounts, orders, shop
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

    def deactivate_discount(self, ref: str) -> None:
        """Switches the discount off."""
        discounts.deactivate(self._client, ref)

    def fetch_order(self, order_id: str) -> FetchedOrder | None:
        """The order as it is now, or None."""
        return orders.fetch_order(self._client, order_id, currency=self._currency)

    def store_info(self) -> StoreInfo:
        """What the store says of itself."""
        return shop.store_info(self._client)
