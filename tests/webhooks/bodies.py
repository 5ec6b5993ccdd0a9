"""The payloads in Shopify's shape that the tests speak with; all persons in them are invented."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from webhooks import decoder
from webhooks.facts import Facts
from webhooks.shopify.translate import translate

FOLDER = Path(__file__).parent / "payloads"
INSTALLED = datetime(2026, 1, 1, tzinfo=UTC)
RECEIVED = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TRIGGERED = datetime(2026, 11, 22, 11, 59, 58, 123456, tzinfo=UTC)
#: the topic of every payload whose name does not begin with the resource
TOPICS = {
    "order_edited": "orders/edited",
    "customer_deleted": "customers/delete",
    "customers_merged": "customers/merge",
    "customers_merge_failed": "customers/merge",
    "customer_data_request": "customers/data_request",
    "customer_redact": "customers/redact",
    "customer_redact_by_address": "customers/redact",
    "shop_redact": "shop/redact",
    "customer_tags_added": "customer.tags_added",
    "discount": "discounts/update",
    "discount_deleted": "discounts/delete",
    "operation": "bulk_operations/finish",
    "scopes": "app/scopes_update",
}
RESOURCES = {
    "order": "orders/updated",
    "refund": "refunds/create",
    "customer": "customers/update",
    "shop": "shop/update",
}
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))


def topic_of(name: str) -> str:
    """The topic that brings this payload."""
    return TOPICS.get(name) or RESOURCES[name.split("_", maxsplit=1)[0]]


def raw(name: str) -> bytes:
    """The bytes of a payload as they lie in the folder."""
    return (FOLDER / f"{name}.json").read_bytes()


def body(name: str, **changes: Any) -> dict[str, Any]:
    """A payload as Python's own reader sees it, with top-level keys changed."""
    loaded: dict[str, Any] = json.loads(raw(name))
    return loaded | changes


def without(payload: dict[str, Any], *keys: str) -> dict[str, Any]:
    """The payload with keys absent."""
    return {key: value for key, value in payload.items() if key not in keys}


def understood(
    name: str, payload: dict[str, Any] | None = None, *, topic: str | None = None, currency_hint: str = ""
) -> Facts:
    """What the payload of this name, or another of its topic, says."""
    given = raw(name) if payload is None else json.dumps(payload).encode()
    return translate(
        topic or topic_of(name),
        decoder.decode(given),
        triggered_at=TRIGGERED,
        received_at=RECEIVED,
        currency_hint=currency_hint,
    )
