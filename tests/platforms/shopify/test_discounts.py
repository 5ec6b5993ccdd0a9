"""Codes are put into the store, found and switched off; an answer that says otherwise is taken at its word."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from plugin.platforms.line import Line
from plugin.platforms.protocol import InDoubt, PlatformError, Rejected, StoredDiscount, Taken
from plugin.platforms.shopify import notices
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.discount_input import create_variables
from plugin.platforms.shopify.notices import Notices
from plugin.platforms.shopify.platform import ShopifyPlatform
from plugin.platforms.shopify.user_errors import FULL
from tests.platforms.loopback import answers, store
from tests.platforms.shopify.samples import NOW, SHOP, SPEC, TOKEN, created, failed, node, refused

ClientAt = Callable[[str], AdminClient]
OURS = StoredDiscount(
    ref="gid://shopify/DiscountCodeNode/5", code=SPEC.code, tags=("offer-1", "regulars"), live=True, usage_count=0
)


def _platform(client_at: ClientAt, origin: str) -> ShopifyPlatform:
    return ShopifyPlatform(client_at(origin), currency="USD")


def _found(value: Any) -> dict[str, Any]:
    return {"data": {"codeDiscountNodeByCode": value}}


def _switched(**payload: Any) -> dict[str, Any]:
    shown = {"codeDiscountNode": node(status="EXPIRED"), "userErrors": [], **payload}
    return {"data": {"discountCodeDeactivate": shown}}


def test_a_created_discount_is_bound_in_every_way(client_at: ClientAt) -> None:
    """One customer, one use, an end, a smallest order, alone, marked: all of it is in the request."""
    with store(answers(created())) as shop:
        assert _platform(client_at, shop.origin).create_discount(SPEC) == OURS

    assert shop.heard[0].json["variables"] == {
        "discount": {
            "title": "Regulars win-back",
            "code": "BACK-0123456789ABCDEF",
            "startsAt": "2026-11-22T12:00:00Z",
            "endsAt": "2026-12-06T12:00:00Z",
            "context": {"customers": {"add": ["gid://shopify/Customer/7100000000001"]}},
            "customerGets": {"value": {"percentage": 0.15}, "items": {"all": True}},
            "minimumRequirement": {"subtotal": {"greaterThanOrEqualToSubtotal": "25.00"}},
            "usageLimit": 1,
            "appliesOncePerCustomer": True,
            "combinesWith": {"orderDiscounts": False, "productDiscounts": False, "shippingDiscounts": False},
            "tags": ["offer-1", "regulars"],
        }
    }


@pytest.mark.parametrize(
    ("minimum", "currency", "text"),
    [(2500, "USD", "25.00"), (2500, "JPY", "2500"), (2500, "KWD", "2.500"), (5, "EUR", "0.05")],
)
def test_money_is_decimal_text_of_its_currency(minimum: int, currency: str, text: str) -> None:
    """As many digits as the currency has, and no float."""
    discount = create_variables(replace(SPEC, minimum=minimum, currency=currency))["discount"]

    assert discount["minimumRequirement"]["subtotal"]["greaterThanOrEqualToSubtotal"] == text


def test_without_a_smallest_order_none_is_asked_for() -> None:
    """Zero means no requirement, not a requirement of zero."""
    assert "minimumRequirement" not in create_variables(replace(SPEC, minimum=0))["discount"]


@pytest.mark.parametrize("percent", range(1, 101))
def test_percent_is_sent_as_a_fraction(percent: int) -> None:
    """Shopify's 0.15 is fifteen percent, and reading it back gives the same whole percent."""
    fraction = create_variables(replace(SPEC, percent=percent))["discount"]["customerGets"]["value"]["percentage"]

    assert (0 < fraction <= 1, round(fraction * 100)) == (True, percent)


def test_instants_are_sent_in_utc() -> None:
    """Whatever zone they came in."""
    local = NOW.astimezone(timezone(timedelta(hours=9)))

    assert create_variables(replace(SPEC, starts_at=local)) == create_variables(SPEC)


@pytest.mark.parametrize(
    "change",
    [{"percent": 0}, {"percent": 101}, {"percent": -5}, {"ends_at": NOW}, {"customer_id": "gid://shopify/Customer/1"},
     {"customer_id": ""}, {"customer_id": "1 OR 1"}, {"starts_at": datetime(2026, 11, 22)}],  # noqa: DTZ001
)  # fmt: skip
def test_a_discount_that_cannot_be_meant_is_not_sent(change: dict[str, Any]) -> None:
    """No percentage, an end before the start, an id that is none, a time without a zone."""
    with pytest.raises((ValueError, TypeError)):
        create_variables(replace(SPEC, **change))


NOT_CREATED: dict[str, tuple[Any, type[PlatformError]]] = {
    "taken": (refused("TAKEN"), Taken),
    "taken among others": (refused("INVALID", "TAKEN"), Taken),
    "invalid": (refused("INVALID"), Rejected),
    "without a code": (refused(None), Rejected),
    "broken inside": (refused("INTERNAL_ERROR"), InDoubt),
    "neither discount nor reason": (created(codeDiscountNode=None), InDoubt),
    "no list of reasons": (created(userErrors=None), InDoubt),
    "odd reasons": (created(userErrors=["TAKEN"]), InDoubt),
    "nothing": ({"data": {"discountCodeBasicCreate": None}}, InDoubt),
    "another field": ({"data": {"discountCodeDeactivate": {}}}, InDoubt),
    "a denied part took it along": (
        failed(
            "ACCESS_DENIED",
            path=["discountCodeBasicCreate", "codeDiscountNode"],
            data={"discountCodeBasicCreate": None},
        ),
        InDoubt,
    ),
}


@pytest.mark.parametrize("name", NOT_CREATED)
def test_a_create_that_gave_no_discount_says_why(name: str, client_at: ClientAt) -> None:
    """Taken is to be looked up, a reason is final, and anything that is neither may have happened."""
    body, expected = NOT_CREATED[name]
    with store(answers(body)) as shop, pytest.raises(PlatformError) as raised:
        _platform(client_at, shop.origin).create_discount(SPEC)

    assert type(raised.value) is expected
    assert len(shop.heard) == 1


def test_a_rejection_carries_shopifys_code(client_at: ClientAt) -> None:
    """The code is for branching, the sentence for the merchant."""
    with (
        store(answers(refused("END_DATE_BEFORE_START_DATE"))) as shop,
        pytest.raises(Rejected, match="No: END") as raised,
    ):
        _platform(client_at, shop.origin).create_discount(SPEC)

    assert raised.value.code == "END_DATE_BEFORE_START_DATE"


@pytest.mark.parametrize(
    ("code", "field", "full"),
    [
        ("EXCEEDED_MAX", ["basicCodeDiscount", "code"], True),
        ("EXCEEDED_MAX", None, True),
        ("MAX_APP_DISCOUNTS", ["basicCodeDiscount"], True),
        ("EXCEEDED_MAX", ["basicCodeDiscount", "customerGets", "items", "products", "productsToAdd"], False),
        ("VALUE_OUTSIDE_RANGE", None, False),
    ],
)
def test_a_full_store_is_told_apart_from_a_question_that_is_too_long(
    code: str, field: list[str] | None, *, full: bool, line: Line
) -> None:
    """Too many discounts have a sentence of their own and are noticed; too many of something else is Shopify's sentence."""
    error = {"field": field, "code": code, "message": "No."}
    heard = Notices()
    with store(answers(created(codeDiscountNode=None, userErrors=[error]))) as shop:
        client = AdminClient(
            line, shop=SHOP, origin=shop.origin, api_version="2026-10", access_token=TOKEN, noticed=heard
        )
        platform = ShopifyPlatform(client, currency="USD")
        with pytest.raises(Rejected) as raised:
            platform.create_discount(SPEC)

    assert (str(raised.value), raised.value.code) == (FULL if full else "No.", code)
    assert [one.kind for one in heard.take()] == [notices.FULL] * full


@pytest.mark.parametrize(("status", "live"), [("ACTIVE", True), ("SCHEDULED", True), ("EXPIRED", False)])
def test_a_discount_is_found_by_its_code(status: str, *, live: bool, client_at: ClientAt) -> None:
    """Live is what the store would accept now or once it has started."""
    with store(answers(_found(node(status=status, asyncUsageCount=1)))) as shop:
        found = _platform(client_at, shop.origin).find_discount(SPEC.code)

    assert found == replace(OURS, live=live, usage_count=1)
    assert shop.heard[0].json["variables"] == {"code": SPEC.code}


@pytest.mark.parametrize("kind", ["DiscountCodeBxgy", "DiscountCodeFreeShipping", "DiscountCodeApp"])
def test_a_strangers_discount_is_found_too(kind: str, client_at: ClientAt) -> None:
    """A code may be taken by a discount of another kind, which is not ours and shows it by its tags."""
    stranger = {"__typename": kind, "status": "ACTIVE", "tags": [], "asyncUsageCount": 3}
    with store(answers(_found({"id": "gid://shopify/DiscountCodeNode/6", "codeDiscount": stranger}))) as shop:
        found = _platform(client_at, shop.origin).find_discount("back-0123456789abcdef")

    assert found is not None
    assert (found.code, found.tags, found.usage_count) == ("back-0123456789abcdef", (), 3)


def test_the_code_is_as_the_store_spells_it(client_at: ClientAt) -> None:
    """Look-up knows no case; a discount with many codes does not pass another one off as the one asked for."""
    many = node(codes={"nodes": [{"code": "OTHER"}]})
    with store(answers(_found(node())), answers(_found(many))) as shop:
        platform = _platform(client_at, shop.origin)

        assert platform.find_discount(SPEC.code.lower()) == OURS
        assert platform.find_discount("x") == replace(OURS, code="x")


def test_there_is_none_only_when_the_store_says_so(client_at: ClientAt) -> None:
    """Null is none; null with an error about it is not an answer."""
    hidden = failed("INTERNAL_SERVER_ERROR", path=["codeDiscountNodeByCode"], data={"codeDiscountNodeByCode": None})
    with store(answers(_found(None)), answers(hidden)) as shop:
        platform = _platform(client_at, shop.origin)

        assert platform.find_discount("X") is None
        with pytest.raises(InDoubt):
            platform.find_discount("X")


ODD_NODES: dict[str, Any] = {
    "a text": "gid://shopify/DiscountCodeNode/5",
    "no id": {**node(), "id": None},
    "no discount": {"id": "gid://shopify/DiscountCodeNode/5", "codeDiscount": None},
    "a status nobody knows": node(status="PAUSED"),
    "a status that is a number": node(status=1),
    "tags that are text": node(tags="offer-1"),
    "a tag that is a number": node(tags=[1]),
    "a use that is true": node(asyncUsageCount=True),
    "fewer than no uses": node(asyncUsageCount=-1),
    "half a use": node(asyncUsageCount=0.5),
    "codes that are text": node(codes="x"),
    "an endless id": {**node(), "id": "x" * 5000},
}


@pytest.mark.parametrize("name", ODD_NODES)
def test_a_discount_of_another_shape_is_in_doubt(name: str, client_at: ClientAt) -> None:
    """The store's answers are looked at like anything from outside."""
    with store(answers(_found(ODD_NODES[name]))) as shop, pytest.raises(InDoubt):
        _platform(client_at, shop.origin).find_discount(SPEC.code)


def test_a_discount_is_switched_off(client_at: ClientAt) -> None:
    """By its id, and the store shows it off."""
    with store(answers(_switched())) as shop:
        _platform(client_at, shop.origin).deactivate_discount(OURS.ref)

    assert shop.heard[0].json["variables"] == {"id": OURS.ref}


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (_switched(codeDiscountNode=node(status="ACTIVE")), InDoubt),
        (_switched(codeDiscountNode=node(status="SCHEDULED")), InDoubt),
        (_switched(codeDiscountNode=None), InDoubt),
        (_switched(codeDiscountNode=None, userErrors=[{"code": "INVALID", "message": "There is none."}]), Rejected),
    ],
)
def test_off_is_only_what_the_store_shows_as_off(body: Any, expected: type[PlatformError], client_at: ClientAt) -> None:
    """A discount that is still shown as live was not switched off, whatever else the answer says."""
    with store(answers(body)) as shop, pytest.raises(expected):
        _platform(client_at, shop.origin).deactivate_discount(OURS.ref)
