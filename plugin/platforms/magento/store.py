"""What a Magento store says of itself: name, currency, time zone, its views, what the integration may use, its modules."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from plugin.platforms import shape
from plugin.platforms.magento.answers import NotAllowed
from plugin.platforms.magento.client import MagentoClient
from plugin.platforms.protocol import InDoubt, Rejected, StoreInfo
from webhooks import readers

CONFIGS, VIEWS, WEBSITES = "/V1/store/storeConfigs", "/V1/store/storeViews", "/V1/store/websites"
MODULES = "/V1/modules"
#: what async events are sent by, on every edition that Mage-OS's modules run on
ASYNC_EVENTS = frozenset({"MageOS_AsyncEvents", "MageOS_CommonAsyncEvents"})
#: resource -> a question that needs it and hardly costs anything
PROBES: Mapping[str, str] = MappingProxyType({
    "Magento_Sales::actions_view": "/V1/orders",
    "Magento_Sales::sales_creditmemo": "/V1/creditmemos",
    "Magento_Customer::customer": "/V1/customers/search",
    "Magento_Customer::group": "/V1/customerGroups/search",
    "Magento_SalesRule::quote": "/V1/salesRules/search",
})  # fmt: skip
ONE = (("searchCriteria[pageSize]", "1"), ("fields", "total_count"))
ADMIN = 0


def info(client: MagentoClient) -> StoreInfo:
    """Name, base currency and time zone of the first website's first view; the resources that the store let us use.

    Raises PlatformError.
    """
    default = min(_configs(client), key=lambda one: shape.count(one.get("id"), "store"))
    site = shape.count(default.get("website_id"), "website")
    named = {shape.count(one.get("id"), "website"): one for one in _list(client, WEBSITES)}
    name = shape.text(named.get(site, {}).get("name", ""), "name")
    try:
        currency = readers.currency(default.get("base_currency_code"))
        timezone = readers.zone(default.get("timezone"))
    except ValueError as wrong:
        raise InDoubt(f"the answer's store is not as it should be: {wrong}") from None
    missing = lacking(client)
    return StoreInfo(
        name=name, currency=currency, timezone=timezone, scopes=tuple(sorted(PROBES.keys() - set(missing)))
    )


def views(client: MagentoClient) -> dict[int, int]:
    """Store view → website, the admin's own excepted. Raises PlatformError."""
    told = {
        shape.count(one.get("id"), "view"): shape.count(one.get("website_id"), "website")
        for one in _list(client, VIEWS)
    }
    return {view: website for view, website in told.items() if view != ADMIN}


def lacking(client: MagentoClient) -> tuple[str, ...]:
    """The resources that are not ticked, as the store itself names them; all of them in one go. Raises PlatformError."""
    missing: list[str] = []
    for path in PROBES.values():
        try:
            client.get(path, ONE)
        except NotAllowed as refused:
            missing += refused.resources
    return tuple(missing)


def sends_events(client: MagentoClient) -> bool:
    """Whether the store has the modules that send what happens; False also where it does not let us look."""
    try:
        found = client.get(MODULES)
    except (NotAllowed, Rejected):
        return False
    return isinstance(found, list) and set(map(str, found)) >= ASYNC_EVENTS


def _configs(client: MagentoClient) -> list[dict[str, Any]]:
    found = [one for one in _list(client, CONFIGS) if one.get("id") != ADMIN]
    if not found:
        raise InDoubt("the store says that it has no view")
    return found


def _list(client: MagentoClient, path: str) -> list[dict[str, Any]]:
    return shape.items(client.get(path), "stores")
