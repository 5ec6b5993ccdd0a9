"""Events say what changed and where; how things stand is asked."""

from __future__ import annotations

from typing import Any

import pytest

from tests.webhooks.bodies import RECEIVED
from webhooks.facts import Facts, Unexpected
from webhooks.shopify.translate import translate


def _event(topic: str, *paths: str, **more: Any) -> dict[str, Any]:
    changed = {"added": [], "updated": list(paths), "removed": []}
    return {"topic": topic, "action": "update", "handle": "ours", "fields_changed": changed, **more}


def _read(topic: str, payload: Any) -> Facts:
    return translate(topic, payload, triggered_at=None, received_at=RECEIVED, currency_hint="USD")


def test_an_event_of_an_order_has_it_fetched() -> None:
    """Wherever in the body its id stands, once for each order."""
    paths = ("order[id: 'gid://shopify/Order/7'].name", "order[id: 'gid://shopify/Order/7'].note")
    assert _read("orders/updated", _event("Order", *paths)) == Facts(refetch_order_ids=frozenset({"7"}))
    assert _read("orders/create", _event("Order", data={"order": {"id": "gid://shopify/Order/8"}})) == Facts(
        refetch_order_ids=frozenset({"8"})
    )


def test_an_event_of_a_customer_has_the_tags_read_again() -> None:
    """Names and addresses in it are not read."""
    payload = _event(
        "Customer", "customer[id: 'gid://shopify/Customer/5'].tags", data={"customer": {"firstName": "Ada"}}
    )
    assert _read("customers/update", payload) == Facts(retagged=frozenset({"5"}))


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("orders/updated", _event("Customer", "gid://shopify/Customer/5")),
        ("orders/updated", _event("Order")),
        ("orders/updated", _event("Order", payload_url="https://storage.example.com/x", payload_size_bytes=9)),
        ("customers/update", _event("Order", "gid://shopify/Order/7")),
        ("customers/update", _event("Customer", "gid://shopify/Customer/0")),
        ("orders/updated", _event("Order", "gid://shopify/Order/" + "9" * 25)),
    ],
)
def test_an_event_that_does_not_say_of_which_thing_is_set_aside(topic: str, payload: Any) -> None:
    """Or one that came to another kind's address; the reason repeats nothing."""
    with pytest.raises(Unexpected) as raised:
        _read(topic, payload)
    assert "gid" not in raised.value.reason
