"""What a store says of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from plugin.platforms.protocol import InDoubt, StoreInfo, Unauthorized
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.platform import ShopifyPlatform
from tests.platforms.loopback import answers, store
from tests.platforms.shopify.samples import SHOP, failed

ClientAt = Callable[[str], AdminClient]


def _told(shop: dict[str, Any] | None = None, scopes: Any = ("write_discounts", "read_orders")) -> dict[str, Any]:
    told = {"name": "Corner Records", "myshopifyDomain": SHOP, "currencyCode": "EUR", "ianaTimezone": "Europe/Rome"}
    installation = {"accessScopes": [{"handle": scope} for scope in scopes]}
    return {"data": {"shop": {**told, **(shop or {})}, "currentAppInstallation": installation}}


def _info(client_at: ClientAt, body: Any) -> StoreInfo:
    with store(answers(body)) as shop:
        return ShopifyPlatform(client_at(shop.origin), currency="USD").store_info()


def test_a_store_tells_its_name_currency_zone_and_scopes(client_at: ClientAt) -> None:
    """Scopes come sorted."""
    assert _info(client_at, _told()) == StoreInfo(
        name="Corner Records", currency="EUR", timezone="Europe/Rome", scopes=("read_orders", "write_discounts")
    )


def test_a_token_of_another_store_is_refused(client_at: ClientAt) -> None:
    """What one store's token opens is never taken for another's."""
    with pytest.raises(Unauthorized, match="another store"):
        _info(client_at, _told({"myshopifyDomain": "other.myshopify.com"}))


@pytest.mark.parametrize(
    "body",
    [
        _told({"name": None}),
        _told({"currencyCode": 1}),
        _told({"ianaTimezone": []}),
        _told(scopes=[1]),
        {"data": {"shop": None, "currentAppInstallation": None}},
        {**_told(), "errors": failed(None, path=["shop", "name"])["errors"]},
    ],
)
def test_a_store_that_says_too_little_is_in_doubt(body: Any, client_at: ClientAt) -> None:
    """Nothing is guessed."""
    with pytest.raises(InDoubt):
        _info(client_at, body)
