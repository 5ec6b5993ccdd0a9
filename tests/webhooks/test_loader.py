"""The plain functions made from the schemas say what the schemas say, on every payload and on hostile input."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from tests.webhooks import bodies
from tests.webhooks.magento import captured
from webhooks import decoder
from webhooks.fields import Payload
from webhooks.loader import compiled
from webhooks.magento import payloads as magento
from webhooks.shopify import payloads

SCHEMAS: dict[str, type[Payload]] = {
    prefix + name: schema
    for prefix, module in (("", payloads), ("magento ", magento))
    for name, schema in vars(module).items()
    if isinstance(schema, type) and issubclass(schema, Payload) and schema is not Payload
}
LOADS = {name: compiled(schema) for name, schema in SCHEMAS.items()}
OF_TOPIC = {
    "orders/edited": "OrderEdited",
    "orders/updated": "Order",
    "refunds/create": "Refund",
    "customers/update": "Customer",
    "customers/delete": "Customer",
    "customers/merge": "Merge",
    "customer.tags_added": "Tagged",
    "customer.tags_removed": "Tagged",
    "discounts/update": "Discount",
    "discounts/delete": "Discount",
    "bulk_operations/finish": "Operation",
    "app/scopes_update": "Scopes",
    "shop/update": "Shop",
    "customers/data_request": "DataRequest",
    "customers/redact": "CustomerRedact",
    "shop/redact": "ShopRedact",
}
#: values that are sound for some field or nearly so
VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-1, 10**19)
    | st.decimals(allow_nan=True)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from(["1", "1.50", "2026-01-01T00:00:00Z", "USD", "UTC", "gid://shopify/Order/1", "x" * 256, "12\n"])
)
KEYS = st.sampled_from(sorted({name for schema in SCHEMAS.values() for name in schema().load_fields}))
INSIDE = st.recursive(VALUES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12)  # fmt: skip


def _said(load: Any, payload: Any) -> Any:
    try:
        return load(payload)
    except ValidationError as wrong:
        return wrong.messages


@pytest.mark.parametrize("name", bodies.NAMES)
def test_payloads_load_the_same(name: str) -> None:
    """Every payload, by its own schema and by all others, loads or fails in the same words."""
    payload, lightly = (decode(bodies.raw(name)) for decode in (decoder.decode, decoder.lightly))

    assert isinstance(_said(LOADS[OF_TOPIC[bodies.topic_of(name)]], payload), dict)
    for schema, load in LOADS.items():
        said = _said(SCHEMAS[schema]().load, payload)
        assert _said(load, payload) == said
        assert _said(load, lightly) == said


@captured.needed
@pytest.mark.parametrize("entity", ["order", "creditmemo"])
def test_what_a_real_magento_answered_loads_the_same(entity: str) -> None:
    """Every captured order and credit memo, by every schema, loads or fails in the same words."""
    told = [one for _, one in captured.lists(entity)]

    assert told
    for one in told:
        for schema, load in LOADS.items():
            assert _said(load, one) == _said(SCHEMAS[schema]().load, one)


@settings(max_examples=150)
@given(st.sampled_from(sorted(SCHEMAS)), st.dictionaries(KEYS, INSIDE, max_size=8) | INSIDE)
def test_hostile_input_loads_the_same(name: str, payload: Any) -> None:
    """Any JSON value, made of the keys that the schemas know, loads or fails in the same words."""
    assert repr(_said(LOADS[name], payload)) == repr(_said(SCHEMAS[name]().load, payload))


@settings(max_examples=50)
@given(st.sampled_from([name for name in bodies.NAMES if name.startswith(("order", "refund"))]), st.data())
def test_payloads_with_one_change_load_the_same(name: str, data: st.DataObject) -> None:
    """One value anywhere in a payload replaced: the same answer from both."""
    payload = decoder.decode(bodies.raw(name))
    place: Any = payload
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not (isinstance(place[key], dict | list) and place[key]) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(INSIDE)
    schema = OF_TOPIC[bodies.topic_of(name)]

    assert repr(_said(LOADS[schema], payload)) == repr(_said(SCHEMAS[schema]().load, payload))


def test_the_plain_functions_do_the_work() -> None:
    """A sound payload never reaches the schema: its own loading is made to fail, and nobody notices."""

    class Unloadable(payloads.Order):
        def load(self, *_args: Any, **_kwargs: Any) -> Any:
            raise AssertionError("asked")

    order = json.loads(bodies.raw("order"))

    assert compiled(Unloadable)(order) == LOADS["Order"](order)
    with pytest.raises(AssertionError, match="asked"):
        compiled(Unloadable)(order | {"id": "x"})
