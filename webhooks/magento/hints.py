"""What a delivery hints at: an order to be read again, or a customer who exists. Nothing in it is believed beyond that.

Three senders are read. Mage-OS async events send ``{"data": entity}`` to an address that names the event; Adobe I/O
Events send a CloudEvent whose ``type`` names it; modules that send what a merchant's template says send
``{"entity_id": …}`` or ``{"order_id": …}``. Any of them may be late, early, doubled or lost.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import ValidationError

from storage.facts import CustomerFact
from webhooks.complaints import told
from webhooks.facts import Facts, Unexpected
from webhooks.loader import compiled
from webhooks.magento import payloads

#: how the inbox marks what came from Magento; no topic of another platform begins so
TOPIC = "magento/"
ADOBE_TYPE = "com.adobe.commerce."
#: what belongs to an order without being one
PARTS_OF_ORDERS = ("creditmemo", "invoice", "shipment")

_of_order = compiled(payloads.OfOrder)
_thing = compiled(payloads.Thing)
_customer = compiled(payloads.Customer)


def understand(topic: str, payload: Any, *, received_at: datetime) -> Facts:
    """What a decoded delivery of this topic (without the inbox's mark) hints at; nothing for what does not concern us.

    Raises Unexpected for one that names neither an order nor a customer where it should.
    """
    event, entity = _opened(topic, payload)
    try:
        return _facts(event.lower(), entity, received_at)
    except ValidationError as wrong:
        raise Unexpected(told(wrong)) from None


def _facts(event: str, entity: Any, received_at: datetime) -> Facts:
    if any(part in event for part in PARTS_OF_ORDERS):
        return Facts(hinted_order_ids=frozenset({_of_order(entity)["order_id"]}))
    if "order" in event:
        return Facts(hinted_order_ids=frozenset({_thing(entity)["entity_id"]}))
    if "customer" in event and "address" not in event and "delete" not in event:
        return _known(_customer(entity), received_at)
    return Facts()


def _known(customer: dict[str, Any], received_at: datetime) -> Facts:
    who = customer["id"] or customer["entity_id"]
    if who is None:
        raise Unexpected("id: a customer without a number")
    return Facts(customers=(CustomerFact(customer_id=who, updated_at=customer["updated_at"] or received_at),))


def _opened(topic: str, payload: Any) -> tuple[str, Any]:
    """What happened, and the entity that it happened to."""
    if not isinstance(payload, Mapping):
        raise Unexpected("body: not an object")
    data = payload.get("data")
    kind = payload.get("type")
    if isinstance(kind, str) and kind.startswith(ADOBE_TYPE) and isinstance(data, Mapping):
        return kind.removeprefix(ADOBE_TYPE), data.get("value")
    if isinstance(data, Mapping):
        return topic, data
    return topic, payload
