"""Events, the successors of webhooks: they say what changed and where, and nothing of how things stand now.

So an order that one tells of is fetched, and tags are read again. Headers come in the family without a prefix; the topic is
the name of a kind of thing. Source: shopify.dev, "Events delivery structure", and the changelog of 2026-09-16.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from webhooks.facts import Facts, Unexpected

#: the topic of a delivery → the kind of thing in the header of an event that may come to the same address
KIND: Mapping[str, str] = MappingProxyType({
    "orders/create": "Order",
    "orders/updated": "Order",
    "orders/paid": "Order",
    "orders/cancelled": "Order",
    "customers/create": "Customer",
    "customers/update": "Customer",
})  # fmt: skip
_ORDER = re.compile(r"gid://shopify/Order/([1-9][0-9]{0,18})(?![0-9])")
_CUSTOMER = re.compile(r"gid://shopify/Customer/([1-9][0-9]{0,18})(?![0-9])")
MOST_TEXTS = 10_000


def is_event(payload: Any) -> bool:
    """Whether a body is an event's: it names its subscription, and what was done to which kind of thing."""
    names = ("topic", "action", "handle")
    return (
        isinstance(payload, dict) and "id" not in payload and all(isinstance(payload.get(name), str) for name in names)
    )


def understand(payload: Mapping[str, Any], *, kind: str) -> Facts:
    """What an event asks for. Raises Unexpected where it is of another kind, or does not say of which thing."""
    if payload["topic"] != kind:
        raise Unexpected("topic: another kind of event than its address")
    texts = list(_texts({name: value for name, value in payload.items() if name not in {"handle", "query"}}))
    order_ids = frozenset(number for text in texts for number in _ORDER.findall(text))
    customer_ids = frozenset(number for text in texts for number in _CUSTOMER.findall(text))
    if kind == "Order" and order_ids:
        return Facts(refetch_order_ids=order_ids)
    if kind == "Customer" and customer_ids:
        return Facts(retagged=customer_ids)
    raise Unexpected("an event that does not say of which thing")


def _texts(value: Any) -> Iterator[str]:
    """Every text in it, a finite number of them."""
    left, seen = [value], 0
    while left and seen < MOST_TEXTS:
        one, seen = left.pop(), seen + 1
        if isinstance(one, str):
            yield one
        elif isinstance(one, dict):
            left += one.values()
        elif isinstance(one, list):
            left += one
