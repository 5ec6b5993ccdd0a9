"""What a Shopify store says of itself, and what it allows us."""

from __future__ import annotations

from plugin.platforms import shape
from plugin.platforms.protocol import StoreInfo, Unauthorized
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.documents import STORE_INFO


def store_info(client: AdminClient) -> StoreInfo:
    """Name, currency, IANA time zone and granted scopes. Raises Unauthorized for a token of another store."""
    answer = client.run(STORE_INFO, {})
    shop = shape.mapping(answer.whole("shop"), "shop")
    if shop.get("myshopifyDomain") != client.shop:
        raise Unauthorized("the token belongs to another store")
    installation = shape.mapping(answer.whole("currentAppInstallation"), "installation")
    scopes = shape.items(installation.get("accessScopes"), "scopes")
    return StoreInfo(
        name=shape.text(shop.get("name"), "shop's name"),
        currency=shape.text(shop.get("currencyCode"), "currency"),
        timezone=shape.text(shop.get("ianaTimezone"), "time zone"),
        scopes=tuple(sorted(shape.text(scope.get("handle"), "scope") for scope in scopes)),
    )
