"""What is asked of a Shopify store about a customer: the tags, which no message carries."""

from __future__ import annotations

from plugin.platforms import shape
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.documents import CUSTOMER_TAGS
from plugin.platforms.shopify.ids import to_gid


def customer_tags(client: AdminClient, customer_id: str) -> tuple[str, ...] | None:
    """The tags of a customer as they are now, or None when the store has none under this id. Raises PlatformError."""
    found = client.run(CUSTOMER_TAGS, {"id": to_gid("Customer", customer_id)}).whole("customer")
    return None if found is None else shape.texts(shape.mapping(found, "customer").get("tags"), "customer's tags")
