"""Has the store's modules for asynchronous events tell us what happens, where it has them.

Source: mage-os/mageos-async-events; observed on Magento Open Source 2.4.6.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from plugin.platforms import shape
from plugin.platforms.magento.client import MagentoClient
from plugin.platforms.magento.search import Search

PATH, LIST = "/V1/async_event", "/V1/async_events"


def subscribe(client: MagentoClient, *, address: str, secret: str, events: Collection[str]) -> int:
    """Makes the subscriptions that are missing or switched off, at ``address``/event; how many. Raises PlatformError.

    Subscriptions of others, and such that are in order, are left alone. ``secret`` is what deliveries are signed with.
    """
    there = _ours(client, address)
    made = 0
    for event in sorted(events):
        known = there.get(event)
        if known is not None and known.get("status") is True:
            continue
        body = {
            "event_name": event,
            "recipient_url": f"{address}/{event}",
            "verification_token": secret,
            "metadata": "http",
        }
        if known is None:
            client.post(PATH, {"asyncEvent": body})
        else:
            number = shape.count(known.get("subscription_id"), "subscription")
            client.put(f"{PATH}/{number}", {"asyncEvent": {**body, "status": True}})
        made += 1
    return made


def _ours(client: MagentoClient, address: str) -> dict[str, dict[str, Any]]:
    """Each event's subscription at our address; one that is switched on before one that is not."""
    found: dict[str, dict[str, Any]] = {}
    page = 1
    while True:
        listed = client.search(LIST, Search(order=(("subscription_id", True),), page=page))
        for one in listed.items:
            url = one.get("recipient_url")
            if isinstance(url, str) and url.startswith(f"{address}/"):
                event = url.removeprefix(f"{address}/")
                if event not in found or one.get("status") is True:
                    found[event] = one
        # the last page may come again instead of an empty one
        if not listed.items or page * Search().page_size >= listed.total:
            return found
        page += 1
