"""Customers, the shop, the three requests about personal data; and what holds for every topic."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage.facts import CustomerFact, MergeFact, ShopFact
from tests.webhooks import bodies
from webhooks import decoder
from webhooks.complaints import LONGEST_REASON_CHARACTERS
from webhooks.facts import DataRequest, Facts, RedactCustomer, Unexpected
from webhooks.shopify.translate import TRANSLATORS, translate

CUSTOMER = "7311223344556677889"
PERSONAL = ("example.com", "O’Hara", "Zoë", "Nowhere", "+15550", "Springvale", "XS")


def test_a_customer() -> None:
    """A customer is an id and when it last changed."""
    updated_at = datetime(2026, 10, 30, 13, 15, tzinfo=UTC)

    assert bodies.understood("customer") == Facts(
        customers=(CustomerFact(customer_id=CUSTOMER, updated_at=updated_at),)
    )


def test_a_customer_by_id_only() -> None:
    """A body of an id alone says that the customer exists as of then."""
    facts = bodies.understood("customer", {"id": int(CUSTOMER)})

    assert facts.customers == (CustomerFact(customer_id=CUSTOMER, updated_at=bodies.TRIGGERED),)


def test_a_deleted_customer() -> None:
    """A deletion carries no time of its own: it happened when it was triggered."""
    facts = bodies.understood("customer_deleted")

    assert facts.customers == (CustomerFact(customer_id=CUSTOMER, updated_at=bodies.TRIGGERED, deleted=True),)


def test_without_a_trigger_time_the_arrival_counts() -> None:
    """``X-Shopify-Triggered-At`` is optional."""
    facts = translate("customers/delete", {"id": 1}, triggered_at=None, received_at=bodies.RECEIVED, currency_hint="")

    assert facts.customers[0].updated_at == bodies.RECEIVED


def test_a_merge() -> None:
    """A merge that went through says who became whom; gids become plain ids."""
    assert bodies.understood("customers_merged") == Facts(
        merges=(MergeFact(kept_id=CUSTOMER, gone_id="7311223344556670002", merged_at=bodies.TRIGGERED),)
    )


@pytest.mark.parametrize("status", ["failed", "requested", "in_progress"])
def test_a_merge_that_did_not_happen(status: str) -> None:
    """Only success is a fact, whatever ids stand beside another status."""
    assert bodies.understood("customers_merge_failed") == Facts()
    assert bodies.understood("customers_merged", bodies.body("customers_merged", status=status)) == Facts()


@pytest.mark.parametrize("gone", [None, f"gid://shopify/Customer/{CUSTOMER}"])
def test_a_merge_needs_two(gone: str | None) -> None:
    """A merge that went through but names one customer is unexpected."""
    payload = bodies.body("customers_merged", admin_graphql_api_customer_deleted_id=gone)

    with pytest.raises(Unexpected, match="two customers"):
        bodies.understood("customers_merged", payload)


def test_a_shop() -> None:
    """A store tells its name, currency and time zone."""
    assert bodies.understood("shop").shop == ShopFact(
        name="Quiet Goods 🕯️",
        currency="CAD",
        timezone="America/Toronto",
        updated_at=datetime(2026, 11, 10, 15, 0, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    "change",
    [{"iana_timezone": zone} for zone in (None, "", "Mars/Olympus", "../../etc/passwd", "America", "a\nb", 5)]
    + [{"currency": code} for code in (None, "cad", "CADX", "С" + "AD")],
)
def test_a_shop_that_cannot_be(change: dict[str, Any]) -> None:
    """An unknown zone or no currency is unexpected: days and money would be wrong."""
    with pytest.raises(Unexpected):
        bodies.understood("shop", bodies.body("shop", **change))


def test_scopes_changed() -> None:
    """That the store lets us do other things, whatever it says which; a body without a date is none of these."""
    assert bodies.understood("scopes") == Facts(rescoped=True)
    assert bodies.understood("scopes", bodies.body("scopes", current=["write_everything"])) == Facts(rescoped=True)
    with pytest.raises(Unexpected):
        bodies.understood("scopes", bodies.without(bodies.body("scopes"), "updated_at"))


def test_uninstalled() -> None:
    """The store removed the plugin when it was triggered, not when the shop object last changed."""
    assert bodies.understood("shop", topic="app/uninstalled") == Facts(uninstalled_at=bodies.TRIGGERED)


def test_the_three_requests() -> None:
    """Who asks for what; the address is only a needle to search kept bytes with."""
    orders = ("5600112233445566778", "5600112233445566005")

    assert bodies.understood("customer_data_request").data_request == DataRequest(
        request_id="9999001", customer_id=CUSTOMER, order_ids=orders
    )
    assert bodies.understood("customer_redact").redact_customer == RedactCustomer(
        customer_id=CUSTOMER, order_ids=orders, needles=(b"zoe@example.com", b"+15550100100")
    )
    assert bodies.understood("customer_redact_by_address").redact_customer == RedactCustomer(
        customer_id=None, order_ids=(), needles=(b"zoe@example.com",)
    )
    assert bodies.understood("shop_redact").redact_shop == bodies.TRIGGERED


def test_a_change_of_tags_names_the_customer() -> None:
    """Tags that came or went are no facts, for messages come in any order: only whose they are is read."""
    for topic in ("customer.tags_added", "customer.tags_removed"):
        body = bodies.body("customer_tags_added")
        told = translate(topic, body, triggered_at=bodies.TRIGGERED, received_at=bodies.RECEIVED, currency_hint="")
        assert told == Facts(retagged=frozenset({"7042613911"}))
    for wrong in ("gid://shopify/Order/5", "7042613911", None, 7042613911):
        with pytest.raises(Unexpected):
            bodies.understood("customer_tags_added", bodies.body("customer_tags_added", customerId=wrong))


def test_a_changed_discount_is_named() -> None:
    """A discount that was changed or deleted is named; how it is now is for the store to say. Nothing else is one."""
    for name in ("discount", "discount_deleted"):
        assert bodies.understood(name).discount_ids == {"1408934412345"}
    for wrong in ("gid://shopify/Order/5", "1408934412345", None, "gid://shopify/DiscountCodeNode/0"):
        with pytest.raises(Unexpected):
            bodies.understood("discount", bodies.body("discount", admin_graphql_api_id=wrong))


def test_an_ended_operation_is_named() -> None:
    """That a bulk operation has ended is a hint: which one is read, and nothing else names one."""
    assert bodies.understood("operation") == Facts(
        ended_operations=frozenset({"gid://shopify/BulkOperation/6121743712390"})
    )
    for wrong in ("gid://shopify/Order/5", "6121743712390", None, "gid://shopify/BulkOperation/0"):
        with pytest.raises(Unexpected):
            bodies.understood("operation", bodies.body("operation", admin_graphql_api_id=wrong))


@pytest.mark.parametrize(
    ("name", "topic"),
    [
        (name, topic)
        for topic in ("customers/redact", "shop/redact", "app/uninstalled")
        for name in bodies.NAMES
        if bodies.topic_of(name) != topic and (bodies.topic_of(name), topic) != ("shop/update", "app/uninstalled")
    ],
)
def test_no_other_body_destroys(name: str, topic: str) -> None:
    """The topic is not signed: a body of any other topic, sent again under a destructive one, is unexpected."""
    with pytest.raises(Unexpected):
        bodies.understood(name, topic=topic)


@pytest.mark.parametrize("name", bodies.NAMES)
def test_nothing_personal_leaves_the_bytes(name: str) -> None:
    """No name, address or note is in the facts; the e-mail of a request to forget is not shown."""
    facts = bodies.understood(name, currency_hint="USD")

    assert not [word for word in PERSONAL if word in repr(facts)]


@pytest.mark.parametrize("name", bodies.NAMES)
def test_unknown_keys_change_nothing(name: str) -> None:
    """A field that Shopify adds tomorrow, in any language, is not read."""
    more = bodies.body(name) | {"новое_поле 🌱": {"id": 9}, "unknown": [1, None]}

    assert bodies.understood(name, more, currency_hint="USD") == bodies.understood(name, currency_hint="USD")


def test_a_topic_that_nobody_reads() -> None:
    """Such a row is set aside like any other that is not understood."""
    with pytest.raises(Unexpected, match="nobody reads"):
        bodies.understood("order", topic="products/update")


#: (where the reason points, what stands there instead)
HOSTILE: tuple[tuple[str, dict[str, Any]], ...] = (
    ("id", {"id": 0}),
    ("id", {"id": "12\n"}),
    ("id", {"id": True}),
    ("id", {"id": "١٢"}),
    ("id", {"id": None}),
    ("updated_at", {"updated_at": "2026-11-02T18:20:33"}),
    ("updated_at", {"updated_at": "9999-12-31T23:59:59-23:59"}),
    ("updated_at", {"updated_at": "2026-02-30T00:00:00Z"}),
    ("updated_at", {"updated_at": 1_700_000_000}),
    ("total_price", {"total_price": "1_000.00"}),
    ("total_price", {"total_price": "1e3"}),
    ("total_price", {"total_price": 10**15}),
    ("test", {"test": "false"}),
    ("customer", {"customer": []}),
    ("line_items", {"line_items": {}}),
    ("line_items.0", {"line_items": [None]}),
    ("line_items.0.quantity", {"line_items": [{"id": 1, "quantity": -1}]}),
    ("discount_codes.0.code", {"discount_codes": [{"code": "X" * 256}]}),
)


@pytest.mark.parametrize(("field", "change"), HOSTILE)
def test_a_wrong_value_is_named_by_its_field(field: str, change: dict[str, Any]) -> None:
    """What does not look like its kind makes the whole body unexpected, and the reason says where."""
    with pytest.raises(Unexpected) as refused:
        bodies.understood("order", bodies.body("order", **change))

    assert refused.value.reason.startswith(f"{field}: ")


@pytest.mark.parametrize("payload", [[1], None, "orders", 5])
def test_a_body_that_is_no_object(payload: Any) -> None:
    """JSON, but not what any topic looks like."""
    for topic in TRANSLATORS:
        with pytest.raises(Unexpected, match=r"^body: "):
            translate(topic, payload, triggered_at=None, received_at=bodies.RECEIVED, currency_hint="")


def test_too_much_money_is_unexpected() -> None:
    """A sum that no column holds is refused before it gets there."""
    lines = [{"id": 1, "quantity": 10**9, "price": "999999999999.00"}]

    with pytest.raises(Unexpected, match="too large"):
        bodies.understood("order", bodies.body("order", line_items=lines))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**18), 10**18) | st.text(max_size=8) | st.decimals(allow_nan=True),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
SECRET = "Ωmega-secret"


@given(st.sampled_from(bodies.NAMES), st.data())
def test_nothing_but_unexpected_is_raised(name: str, data: st.DataObject) -> None:
    """Any value in any place makes facts or Unexpected, and the reason repeats nothing of it."""
    payload = decoder.decode(bodies.raw(name))
    place: Any = payload
    while True:
        key = data.draw(st.sampled_from(sorted(place) if isinstance(place, dict) else range(len(place))))
        if not (isinstance(place[key], dict | list) and place[key]) or data.draw(st.booleans()):
            break
        place = place[key]
    place[key] = data.draw(VALUES | st.just(SECRET) | st.just({SECRET: SECRET}))
    topic = data.draw(st.sampled_from([bodies.topic_of(name), *sorted(TRANSLATORS)]))

    hint = data.draw(st.sampled_from(["", "USD"]))

    reason = None
    try:
        translate(topic, payload, triggered_at=None, received_at=bodies.RECEIVED, currency_hint=hint)
    except Unexpected as refused:
        reason = refused.reason

    assert reason is None or (SECRET not in reason and 0 < len(reason) <= LONGEST_REASON_CHARACTERS)


@pytest.mark.parametrize("name", bodies.NAMES)
def test_the_payloads_are_what_they_say(name: str) -> None:
    """Every payload of the folder is strict JSON and of a topic that is read."""
    assert decoder.decode(bodies.raw(name)) == json.loads(bodies.raw(name), parse_float=Decimal)
    assert bodies.topic_of(name) in TRANSLATORS
