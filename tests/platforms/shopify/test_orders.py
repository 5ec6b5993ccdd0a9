"""An order read again means what its webhook means."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plugin.platforms.protocol import FetchedOrder, InDoubt, Rejected, ShopUnavailable
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.orders import LINES_A_PAGE
from plugin.platforms.shopify.platform import ShopifyPlatform
from tests.platforms.loopback import answers, store
from tests.platforms.shopify.purchases import as_answer, as_body, purchases
from tests.platforms.shopify.samples import NOW, failed
from webhooks.shopify.translate import translate

ClientAt = Callable[[str], AdminClient]
NONE: dict[str, Any] = {"data": {"order": None}}


def _purchase(**changes: Any) -> dict[str, Any]:
    line = {
        "id": 11, "product": 21, "variant": 31, "quantity": 2, "returned": 1, "minor": 1999, "gift_card": False,
        "shares": [{"application": 0, "minor": 400}],
    }  # fmt: skip
    refund = {"id": 41, "at": NOW, "transactions": [{"minor": 1799, "kind": "refund", "status": "success"}]}
    return {
        "id": 1, "customer": 7, "created": NOW, "processed": NOW, "updated": NOW, "cancelled": None, "test": False,
        "status": "partially_refunded", "currency": "USD", "total": 3598, "current": 1799, "codes": ("SPRING",),
        "lines": [line], "shipping": [{"application": 0, "minor": 100}], "refunds": [refund], "abroad": False, **changes,
    }  # fmt: skip


def _heard(purchase: dict[str, Any]) -> FetchedOrder:
    facts = translate("orders/updated", as_body(purchase), triggered_at=None, received_at=NOW, currency_hint="")
    return FetchedOrder(order=facts.orders[0], refunds=facts.refunds)


def _fetch(client_at: ClientAt, origin: str) -> FetchedOrder | None:
    return ShopifyPlatform(client_at(origin), currency="USD").fetch_order("1")


def test_an_order_fetched_equals_the_order_heard(client_at: ClientAt) -> None:
    """Any purchase gives the same facts by GraphQL as by webhook: guests, gift cards, codes, refunds, three currencies."""
    with store(answers(NONE)) as shop:

        @given(purchase=purchases())
        @settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
        def holds(purchase: dict[str, Any]) -> None:
            shop.acts[:] = [answers(as_answer(purchase))]
            assert _fetch(client_at, shop.origin) == _heard(purchase)

        holds()


def test_an_order_is_asked_for_by_its_id(client_at: ClientAt) -> None:
    """The number becomes Shopify's long id; the known example comes out in full."""
    with store(answers(as_answer(_purchase()))) as shop:
        fetched = _fetch(client_at, shop.origin)

    assert fetched is not None
    assert shop.heard[0].json["variables"] == {"id": "gid://shopify/Order/1", "lines": LINES_A_PAGE, "after": None}
    assert (fetched.order.customer_id, fetched.order.gross_minor, fetched.order.current_minor) == ("7", 3598, 1799)
    assert [(code.code, code.discount_minor) for code in fetched.order.codes] == [("SPRING", 500)]
    assert [(refund.refund_id, refund.amount_minor) for refund in fetched.refunds] == [("41", 1799)]


def test_an_order_that_is_gone_is_none(client_at: ClientAt) -> None:
    """Deleted orders are no error."""
    with store(answers(NONE)) as shop:
        assert _fetch(client_at, shop.origin) is None


@given(size=st.integers(1, 7))
@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_long_order_is_read_in_pages(size: int, client_at: ClientAt) -> None:
    """Each page is one question after the last one's cursor; no line is lost or doubled."""
    lines = [{**_purchase()["lines"][0], "id": number + 1} for number in range(7)]
    purchase = _purchase(lines=lines)
    starts = range(0, 7, size)
    pages = [
        as_answer(purchase, lines=slice(start, start + size), cursor=f"c{start}" if start + size < 7 else None)
        for start in starts
    ]
    with store(*map(answers, pages)) as shop:
        fetched = _fetch(client_at, shop.origin)

    assert fetched == _heard(purchase)
    assert [heard.json["variables"]["after"] for heard in shop.heard] == [None, *(f"c{start}" for start in starts[:-1])]


def test_an_order_that_changes_between_pages_is_read_again_later(client_at: ClientAt) -> None:
    """Half of one state and half of another is no order."""
    first = as_answer(_purchase(), cursor="c")
    changed = as_answer(_purchase(updated=NOW.replace(year=2027), lines=[]))
    for second in (changed, NONE):
        with store(answers(first), answers(second)) as shop, pytest.raises(InDoubt, match="changed"):
            _fetch(client_at, shop.origin)


def test_an_order_without_an_end_is_given_up(client_at: ClientAt) -> None:
    """A cursor that always leads on does not keep a worker for ever."""
    with store(answers(as_answer(_purchase(lines=[]), cursor="c"))) as shop, pytest.raises(InDoubt, match="no end"):
        _fetch(client_at, shop.origin)


def _broken(**fields: Any) -> dict[str, Any]:
    answer = as_answer(_purchase())
    answer["data"]["order"].update(fields)
    return answer


ODD: dict[str, Any] = {
    "no id": _broken(id=None),
    "no time": _broken(updatedAt=None),
    "a time without a zone": _broken(processedAt="2026-11-22T12:00:00"),
    "no purchase time": _broken(processedAt=None, createdAt=None),
    "no total": _broken(totalPriceSet=None),
    "a total that is no number": _broken(totalPriceSet={"shopMoney": {"amount": "much", "currencyCode": "USD"}}),
    "a total too large": _broken(totalPriceSet={"shopMoney": {"amount": "9" * 30, "currencyCode": "USD"}}),
    "two currencies": _broken(totalPriceSet={"shopMoney": {"amount": "1.00", "currencyCode": "EUR"}}),
    "a customer that is text": _broken(customer="7"),
    "refunds that are no list": _broken(refunds=None),
    "a refund without transactions": _broken(refunds=[{"id": "gid://shopify/Refund/1"}]),
    "codes that are no list": _broken(discountCodes="SPRING"),
    "shipping that is none": _broken(shippingLines=None),
    "shares without an amount": _broken(
        shippingLines={
            "nodes": [{"discountAllocations": [{"allocatedAmountSet": None, "discountApplication": {"code": "x"}}]}]
        }
    ),
    "a share that is no number": _broken(
        shippingLines={
            "nodes": [
                {
                    "discountAllocations": [
                        {"allocatedAmountSet": {"shopMoney": {"amount": "NaN"}}, "discountApplication": {"code": "x"}}
                    ]
                }
            ]
        }
    ),
    "no lines": _broken(lineItems=None),
    "lines without a page": _broken(lineItems={"nodes": []}),
    "a test that is text": _broken(test="no"),
    "an error about a part": {**as_answer(_purchase()), "errors": failed(None, path=["order", "customer"])["errors"]},
}


@pytest.mark.parametrize("name", ODD)
def test_an_order_of_another_shape_is_in_doubt(name: str, client_at: ClientAt) -> None:
    """No fact is made of an answer that is not understood, least of all a guest of a customer that was withheld."""
    with store(answers(ODD[name])) as shop, pytest.raises(InDoubt):
        _fetch(client_at, shop.origin)


def test_an_order_that_may_not_be_read_says_so(client_at: ClientAt) -> None:
    """A missing scope is for the merchant to mend."""
    denied = failed("ACCESS_DENIED", path=["order"], data={"order": None})
    with store(answers(denied)) as shop, pytest.raises(ShopUnavailable, match="ACCESS_DENIED"):
        _fetch(client_at, shop.origin)


def test_an_id_that_is_none_is_not_asked_for(client_at: ClientAt) -> None:
    """Only numbers are ids."""
    with store(answers(NONE)) as shop, pytest.raises((ValueError, Rejected)):
        ShopifyPlatform(client_at(shop.origin), currency="USD").fetch_order("1 OR 1")

    assert shop.heard == []
