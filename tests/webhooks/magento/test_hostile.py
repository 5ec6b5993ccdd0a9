"""Whatever a delivery or an answer holds, it is understood or refused in one way, and a wrong signature proves nothing."""

from __future__ import annotations

from base64 import b64encode
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st
from marshmallow import ValidationError

from tests.webhooks.magento.captured import PEOPLE
from webhooks.facts import Unexpected
from webhooks.magento import hints, orders, payloads, refunds, signature

RECEIVED = datetime(2026, 11, 22, 3, tzinfo=UTC)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.decimals() | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "type", "id", "items", "entity_id", "order_id", "value"]), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip
ORDER = {
    "entity_id": 7, "store_id": 1, "state": "complete", "created_at": "2026-11-22 02:39:16",
    "updated_at": "2026-11-22 02:39:17", "customer_email": "a@b.c", "base_currency_code": "USD", "base_grand_total": 5,
}  # fmt: skip


@given(st.sampled_from(["sales.order.created", "sales.creditmemo.created", "customer.updated", "adobe", "x"]), VALUES)
def test_any_delivery_is_a_hint_or_refused(topic, payload):
    """Any JSON at any topic gives hints or Unexpected with a reason, and nothing else."""
    with suppress(Unexpected):
        assert not hints.understand(topic, payload, received_at=RECEIVED).orders


@given(st.sampled_from(sorted(ORDER)), VALUES)
def test_any_order_is_understood_or_refused(key, value):
    """An order with anything in place of one of its fields is understood, or refused by name of the field."""
    for read in (orders.understand, refunds.understand):
        with suppress(Unexpected, ValidationError):
            read({**ORDER, "order_id": 1, key: value}, PEOPLE)


def test_what_is_asked_for_is_what_is_read():
    """The projection names the fields that are read, lines included, and none that tells a name or of an address more than its country."""
    assert "items[item_id,parent_item_id," in payloads.ORDER_FIELDS
    assert "extension_attributes[coupon_codes]" in payloads.ORDER_FIELDS
    allowed = ("store_name", "billing_address[country_id]")
    rest = ",".join(part for part in payloads.ORDER_FIELDS.split(",") if part not in allowed)
    for private in ("name", "address", "telephone", "payment"):
        assert private not in rest


def test_a_website_with_a_currency_of_its_own_counts_by_the_stores_own_rate():
    """A base currency that is not the store's is converted by the rate on the order, and refused where there is none."""
    foreign = {**ORDER, "base_currency_code": "EUR", "global_currency_code": "USD", "base_to_global_rate": 2}
    (order,) = orders.understand(foreign, PEOPLE).orders
    assert (order.currency, order.gross_minor) == ("USD", 1000)
    with pytest.raises(Unexpected, match="base_currency_code"):
        orders.understand({**foreign, "base_to_global_rate": None}, PEOPLE)


def test_an_account_that_was_deleted_leaves_its_orders_with_the_address():
    """An order that lost its customer is of the guest who was told to be one person with that customer."""
    before = orders.understand({**ORDER, "customer_id": 5}, PEOPLE)
    (lost,) = orders.understand({**ORDER, "customer_is_guest": 0}, PEOPLE).orders
    assert lost.customer_id == before.merges[0].gone_id


@given(st.text(max_size=80) | st.none())
def test_only_the_one_spelling_of_a_signature_fits(header):
    """No header but the lower-case hex of the digest is accepted, and none breaks the check."""
    good = signature.sign(b"{}", "secret")
    assert signature.verify_hex(b"{}", header, ["secret"]) == (header == good)
    assert not signature.verify_hex(b"{}", header, [""])
    assert not signature.verify_hex(b"{}", good.upper(), ["secret"])
    signature.verify_secret(header, ["secret"])
    signature.verify_rsa(b"{}", [header], [(header or "").encode("utf-8", "replace")])
    signature.key_path(header)


def test_either_of_adobes_two_signatures_is_enough():
    """While keys are rotated one signature that fits one key proves the body, and none proves another body."""
    old, new = (rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(2))
    pem = new.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    signed = [b64encode(key.sign(b"body", PKCS1v15(), SHA256())).decode() for key in (old, new)]
    assert signature.verify_rsa(b"body", signed, [b"no key", pem])
    assert not signature.verify_rsa(b"body", signed[:1], [pem])
    assert not signature.verify_rsa(b"other", signed, [pem])


@pytest.mark.parametrize(
    "path",
    ["https://evil.example/key.pem", "//evil.example/key.pem", "/../key.pem", "/prod/keys/a.txt", "/a b.pem", ""],
)
def test_a_key_comes_from_adobes_own_paths_only(path):
    """A key's path that leads elsewhere, or looks like it, is not taken."""
    assert signature.key_path(path) is None
    assert signature.key_path("/prod/keys/pub-key-2A6sVS2-.pem") == "/prod/keys/pub-key-2A6sVS2-.pem"
