"""Discounts created, found and switched off through the API."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import CUSTOMER, OTHER
from tests.sandbox.documents import CREATE, DEACTIVATE, FIND, discount


def create(client, **changes):
    return client.ask(CREATE, input=discount(CUSTOMER, **changes))["discountCodeBasicCreate"]


def test_a_discount_comes_back_as_it_was_asked_for(client):
    """Create answers with the discount's terms in the shapes of the API."""
    made = create(client, minimumRequirement={"subtotal": {"greaterThanOrEqualToSubtotal": "20.00"}})
    assert made["userErrors"] == []
    basic = made["codeDiscountNode"]["codeDiscount"]
    assert basic["codes"]["nodes"] == [{"code": "REG-ABC123", "asyncUsageCount": 0}]
    assert basic["status"] == "ACTIVE"
    assert basic["tags"] == ["regulars:1"]
    assert (basic["startsAt"], basic["endsAt"]) == ("2026-03-01T00:00:00Z", "2026-03-31T00:00:00Z")
    assert basic["context"] == {
        "__typename": "DiscountCustomers",
        "customers": [{"id": f"gid://shopify/Customer/{CUSTOMER}", "displayName": "Maya Lind"}],
    }
    assert basic["customerGets"]["value"] == {"__typename": "DiscountPercentage", "percentage": 0.1}
    assert basic["minimumRequirement"]["greaterThanOrEqualToSubtotal"] == {"amount": "20.0", "currencyCode": "USD"}


def test_an_amount_for_all(client):
    """An amount off, for all customers, without end."""
    made = create(
        client, endsAt=None, context={"all": "ALL"},
        customerGets={"value": {"discountAmount": {"amount": "5.00", "appliesOnEachItem": False}}, "items": {"all": True}},
    )  # fmt: skip
    basic = made["codeDiscountNode"]["codeDiscount"]
    assert basic["customerGets"]["value"]["amount"] == {"amount": "5.0", "currencyCode": "USD"}
    assert basic["context"] == {"__typename": "DiscountBuyerSelectionAll"}


def test_a_code_is_taken_whatever_its_case(client):
    """A second discount with the code is refused with TAKEN, and the first is found under either case."""
    first = create(client)["codeDiscountNode"]["id"]
    again = create(client, code="reg-abc123", title="Another")
    assert again["codeDiscountNode"] is None
    assert [(error["field"], error["code"]) for error in again["userErrors"]] == [
        (["basicCodeDiscount", "code"], "TAKEN")
    ]
    assert client.ask(FIND, code="rEg-AbC123")["codeDiscountNodeByCode"]["id"] == first
    assert client.ask(FIND, code="unknown")["codeDiscountNodeByCode"] is None


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"code": " "}, ["code"], "BLANK"),
        ({"title": None}, ["title"], "BLANK"),
        ({"code": "x" * 256}, ["code"], "TOO_LONG"),
        ({"startsAt": None}, ["startsAt"], "BLANK"),
        ({"endsAt": "2026-02-01T00:00:00Z"}, ["endsAt"], "END_DATE_BEFORE_START_DATE"),
        ({"endsAt": "2026-03-01T00:00:00Z"}, ["endsAt"], "END_DATE_BEFORE_START_DATE"),
        (
            {"customerGets": {"value": {"percentage": 10}, "items": {"all": True}}},
            ["customerGets", "value", "percentage"],
            "VALUE_OUTSIDE_RANGE",
        ),
        (
            {"customerGets": {"value": {"percentage": 0}, "items": {"all": True}}},
            ["customerGets", "value", "percentage"],
            "VALUE_OUTSIDE_RANGE",
        ),
        (
            {"customerGets": {"value": {"discountAmount": {"amount": "0"}}, "items": {"all": True}}},
            ["customerGets", "value", "discountAmount", "amount"],
            "VALUE_OUTSIDE_RANGE",
        ),
        ({"customerGets": {"value": {"percentage": 0.1}}}, ["customerGets", "items"], "APPLIES_ON_NOTHING"),
        ({"context": None}, ["context"], "BLANK"),
        ({"context": {"customers": {"add": []}}}, ["context", "customers", "add"], "BLANK"),
        ({"context": {"customers": {"add": ["gid://shopify/Customer/1"]}}}, ["context", "customers", "add"], "INVALID"),
        ({"usageLimit": 0}, ["usageLimit"], "VALUE_OUTSIDE_RANGE"),
        ({"tags": ["1", "2", "3", "4", "5", "6"]}, ["tags"], "TOO_MANY_TAGS"),
        ({"tags": ["x" * 256]}, ["tags"], "INVALID_TAG_LENGTH"),
        (
            {
                "minimumRequirement": {
                    "subtotal": {"greaterThanOrEqualToSubtotal": "1"},
                    "quantity": {"greaterThanOrEqualToQuantity": "1"},
                }
            },
            ["minimumRequirement", "subtotal", "greaterThanOrEqualToSubtotal"],
            "MINIMUM_SUBTOTAL_AND_QUANTITY_RANGE_BOTH_PRESENT",
        ),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_made(client, changes, field, code):
    """A bad input comes back as a user error with its path and code, and no discount exists."""
    answer = create(client, **changes)
    assert [(error["field"], error["code"]) for error in answer["userErrors"]] == [
        (["basicCodeDiscount", *field], code)
    ]
    assert client.ask(FIND, code="REG-ABC123")["codeDiscountNodeByCode"] is None


@pytest.mark.parametrize(
    "changes",
    [
        {"context": {"all": "ALL", "customers": {"add": []}}},
        {"usageLimit": "1"},
        {"customerSelection": {"all": True}},
        {"startsAt": "yesterday"},
        {"context": {"customers": {"add": ["gid://shopify/Order/1"]}}},
    ],
)
def test_what_the_schema_forbids_is_an_error_of_the_call(client, changes):
    """Two contexts, wrong types, unknown fields and bad ids are errors with HTTP 200 and no data."""
    answer = client.post(CREATE, input=discount(CUSTOMER, **changes))
    assert answer.status_code == 200
    assert answer.json()["errors"][0]["extensions"]["code"]
    assert not (answer.json().get("data") or {}).get("discountCodeBasicCreate")


def test_switching_off_ends_a_discount_once(client, clock):
    """A discount that is switched off has ended; doing it again changes nothing; an unknown one is told."""
    made = create(client)["codeDiscountNode"]["id"]
    clock.forward(hours=1)
    client.token = ""
    off = client.ask(DEACTIVATE, id=made)["discountCodeDeactivate"]
    assert off["codeDiscountNode"]["codeDiscount"] == {"status": "EXPIRED", "endsAt": "2026-03-01T13:00:00Z"}
    clock.forward(minutes=5)
    assert client.ask(DEACTIVATE, id=made)["discountCodeDeactivate"] == off
    unknown = client.ask(DEACTIVATE, id="gid://shopify/DiscountCodeNode/1")["discountCodeDeactivate"]
    assert unknown["userErrors"][0]["code"] == "INVALID"


def test_status_follows_the_clock(client, clock):
    """A discount is scheduled before its start, active from then on, expired from its end on."""
    create(client, startsAt="2026-03-02T00:00:00Z", endsAt="2026-03-03T00:00:00Z")
    seen = []
    for _ in range(3):
        client.token = ""
        seen.append(client.ask(FIND, code="REG-ABC123")["codeDiscountNodeByCode"]["codeDiscount"]["status"])
        clock.forward(days=1)
    assert seen == ["SCHEDULED", "ACTIVE", "EXPIRED"]


def test_use_is_counted(client, store):
    """The usage count tells that a code was used."""
    create(client, usageLimit=None, context={"all": "ALL"}, appliesOncePerCustomer=False)
    for customer in (CUSTOMER, OTHER, None):
        store.checkout(customer_id=customer, total="10.00", code="reg-abc123")
    assert client.ask(FIND, code="REG-ABC123")["codeDiscountNodeByCode"]["codeDiscount"]["asyncUsageCount"] == 3
