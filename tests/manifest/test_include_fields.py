"""Of a body is asked for what is read of it, and nothing else leaves the store."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from marshmallow import Schema, fields

from plugin import manifest
from webhooks.shopify import payloads

LOADED = manifest.load().shopify
READ: dict[str, type[Schema]] = {
    "orders/create": payloads.Order,
    "orders/updated": payloads.Order,
    "orders/paid": payloads.Order,
    "orders/cancelled": payloads.Order,
    "refunds/create": payloads.Refund,
    "customers/create": payloads.Customer,
    "customers/update": payloads.Customer,
    "shop/update": payloads.Shop,
}
#: an amount in the store's own currency, whole
MONEY = ".shop_money"
PERSONAL = ("name", "email", "phone", "address", "note", "ip", "city", "zip")


def _paths(schema: Schema, above: str = "") -> Iterator[str]:
    for name, field in schema.load_fields.items():
        path = above + (field.data_key or name)
        if isinstance(field, fields.Nested):
            yield from _paths(field.schema, f"{path}.")
        else:
            money, found, _ = path.partition(MONEY)
            yield money + found


@pytest.mark.parametrize("topic", READ)
def test_what_is_asked_for_is_what_is_read(topic: str) -> None:
    """The fields of the manifest are those of the payload's schema: no less, or facts would be missing; and no more."""
    (hook,) = [hook for hook in LOADED.webhooks if hook.topic == topic]

    assert set(hook.include_fields) == set(_paths(READ[topic]()))
    assert len(set(hook.include_fields)) == len(hook.include_fields)


def test_the_version_of_a_thing_is_asked_for() -> None:
    """Without its time a body could not be told from an older one."""
    for hook in LOADED.webhooks:
        if hook.include_fields:
            assert {"updated_at", "created_at"} & set(hook.include_fields), hook.topic


def test_nothing_personal_is_asked_for() -> None:
    """Names, addresses and what people write stay in the store; the shop's own name is not a person's."""
    asked = {path for hook in LOADED.webhooks if hook.topic != "shop/update" for path in hook.include_fields}

    assert not [path for path in asked if path.rpartition(".")[2] in PERSONAL]
