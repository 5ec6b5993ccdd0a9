"""What a real Magento said and sent is read as the reference describes it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from tests.webhooks.magento import captured
from tests.webhooks.magento.captured import PEOPLE
from webhooks import decoder
from webhooks.magento import hints, orders, refunds, signature

pytestmark = captured.needed
RECEIVED = datetime(2026, 11, 22, 3, tzinfo=UTC)


def read(name: str):
    return orders.understand(captured.answer(name), PEOPLE)


def test_every_captured_order_and_credit_memo_is_understood():
    """No order and no credit memo in any captured answer is refused."""
    told, memos = captured.lists("order"), captured.lists("creditmemo")
    assert len(told) >= 8
    assert len(memos) > 1
    for _, one in told:
        assert orders.understand(one, PEOPLE).orders
    for _, one in memos:
        assert refunds.understand(one, PEOPLE).refunds


def test_every_captured_delivery_verifies_and_hints_at_its_order():
    """The signature of each captured delivery holds over its raw bytes, and fails for any other secret or byte."""
    seen = captured.deliveries()
    assert seen
    for one in seen:
        raw, header = one["body"].encode(), one["headers"]["x-magento-signature"]
        assert signature.verify_hex(raw, header, ["another", captured.DELIVERIES_SECRET])
        assert not signature.verify_hex(raw, header, ["another"])
        assert not signature.verify_hex(raw + b" ", header, [captured.DELIVERIES_SECRET])
        topic = one["path"].rsplit("/", 1)[1]
        entity = decoder.decode(raw)["data"]
        hinted = hints.understand(topic, decoder.decode(raw), received_at=RECEIVED).hinted_order_ids
        assert hinted == {str(entity["order_id"] if "creditmemo" in topic else entity["entity_id"])}


def test_a_guests_order_is_of_a_hash_of_the_address_whatever_its_case():
    """A guest is recognised within a website, and neither the address nor a name leaves the payload."""
    (order,) = read("order_guest_pending").orders
    assert order.customer_id == PEOPLE.guest("guest.one@EXAMPLE.com ", store_id=2)
    assert order.customer_id != PEOPLE.guest("guest.one@example.com", store_id=3)
    assert "@" not in repr(read("order_guest_pending"))
    assert "Ada" not in repr(read("order_guest_pending"))


@pytest.mark.parametrize(
    ("name", "paid", "cancelled", "net"),
    [
        ("order_guest_pending", False, False, 5000),
        ("order_guest_canceled", True, True, 5000),
        ("order_cust_pending", False, False, 9690),
        ("order_cust_processing", True, False, 9690),
        ("order_cust_complete", True, False, 9690),
        ("order_cust_partially_refunded", True, False, 7690),
        ("order_cust_closed", True, False, 0),
    ],
)
def test_the_state_says_what_counts(name, paid, cancelled, net):
    """Worked-on orders count with what was invoiced less what was given back; waiting and cancelled ones do not."""
    (order,) = read(name).orders
    assert (order.paid, order.cancelled_at is not None, order.current_minor) == (paid, cancelled, net)


def test_a_buyer_with_an_account_is_also_the_guest_with_the_same_address():
    """An order of an account says that guests with its address are the same person."""
    facts = read("order_cust_pending")
    (merge,) = facts.merges
    assert (merge.kept_id, merge.gone_id) == ("1", PEOPLE.guest("ada@example.com", store_id=1))
    assert [code.code for code in facts.orders[0].codes] == ["WB-ADA-1"]
    assert facts.orders[0].codes[0].discount_minor == 910


def test_an_order_tells_its_view_and_the_country_of_its_bill():
    """Of the view's three names the last, of the bill's address the country alone."""
    (order,) = read("order_cust_complete").orders
    assert (order.channel, order.country) == ("Default Store View", "US")


def test_a_configurable_counts_once():
    """Two lines with one sku, a parent with the price and a child without, are one line of two pieces."""
    (order,) = read("order_configurable_pending").orders
    (line,) = order.lines
    assert (line.line_id, line.product_id, line.quantity, line.total_minor) == ("23", "6", 2, 6000)


def test_an_order_in_another_view_currency_counts_in_base_currency():
    """An order that the buyer paid in euros counts with its base amounts in dollars."""
    seen = [json.loads(one["body"], parse_float=Decimal)["data"] for one in captured.deliveries()]
    orders_seen = [*(one for _, one in captured.lists("order")), *(one for one in seen if "order_id" not in one)]
    body = next((one for one in orders_seen if one.get("order_currency_code") == "EUR"), None)
    body = body or dict(orders_seen[0], order_currency_code="EUR", grand_total=1)
    (order,) = orders.understand(body, PEOPLE).orders
    assert order.currency == "USD"
    assert order.gross_minor == round(body["base_grand_total"] * 100)
    assert order.gross_minor != round(body["grand_total"] * 100)


def test_a_credit_memo_tells_what_was_given_back_in_base_currency():
    """Lines, shipping and adjustments of a credit memo come to its base total."""
    by_id = {one["entity_id"]: one for _, one in captured.lists("creditmemo")}
    (fact,) = refunds.understand(by_id[1], PEOPLE).refunds
    assert (fact.refund_id, fact.order_id, fact.amount_minor, fact.currency) == ("1", "2", 2000, "USD")
    (fact,) = refunds.understand(by_id[2], PEOPLE).refunds
    assert fact.amount_minor == 3550
