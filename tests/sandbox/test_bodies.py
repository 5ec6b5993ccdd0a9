"""Which webhooks a change queues, and what their bodies hold."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from plugin.sandbox import deliveries, lifecycle
from tests.sandbox.conftest import CUSTOMER, OTHER, TOPICS
from tests.sandbox.documents import CREATE, discount


@pytest.fixture
def queue(store):
    """What was queued since the last look: pairs of topic and body."""
    store.subscribe({topic: f"/webhooks/shopify/{topic}" for topic in TOPICS})
    seen = set()

    def look():
        with store.transaction() as connection:
            letters = [
                one for one in deliveries.load(connection, deliveries.waiting(connection)) if one.number not in seen
            ]
        seen.update(one.number for one in letters)
        return [(one.topic, json.loads(one.body)) for one in letters]

    return look


def test_a_purchase_is_told_twice(store, queue):
    """A paid order queues orders/create and orders/paid with the same body."""
    placed = store.checkout(customer_id=CUSTOMER, total="29.33")
    (created, order), (paid, again) = queue()
    assert (created, paid) == ("orders/create", "orders/paid")
    assert order == again
    assert order["id"] == placed.order_id > 2**53
    assert order["customer"]["id"] == CUSTOMER
    assert "tags" not in order["customer"]
    assert order["processed_at"] == "2026-03-01T07:00:00-05:00"
    assert (order["closed_at"], order["cancelled_at"]) == (None, None)
    assert order["email"] == "maya@example.com"
    assert order["line_items"][0]["current_quantity"] == 1


def test_money_agrees_with_itself(client, store, queue):
    """Sets and plain amounts tell the same, and price less discount is the total."""
    client.ask(CREATE, input=discount(CUSTOMER))
    store.checkout(customer_id=CUSTOMER, total="29.33", code="REG-ABC123")
    order = queue()[0][1]
    for name, money in order.items():
        if name.endswith("_set") and money and name.removesuffix("_set") in order:
            assert money["shop_money"] == {"amount": order[name.removesuffix("_set")], "currency_code": "USD"}
    assert Decimal(order["total_line_items_price"]) - Decimal(order["total_discounts"]) == Decimal(order["total_price"])
    assert order["discount_codes"] == [{"code": "REG-ABC123", "amount": "2.93", "type": "percentage"}]
    assert order["discount_applications"][0]["value"] == "10.0"
    assert order["line_items"][0]["discount_allocations"][0]["amount"] == "2.93"


def test_a_refund_is_told_with_its_odd_types(store, queue, clock):
    """Part of the money: no lines; all of it: the lines, whose subtotal is a JSON number; the order is newer each time."""
    placed = store.checkout(customer_id=CUSTOMER, total="30.00")
    clock.forward(seconds=5)
    store.refund(placed.order_id, "10.00")
    store.refund(placed.order_id, "20.00")
    told = queue()[2:]
    assert [topic for topic, _ in told] == ["refunds/create", "orders/updated"] * 2
    part, order, rest, last = (body for _, body in told)
    assert part["refund_line_items"] == []
    assert part["transactions"][0]["amount"] == "10.00"
    assert "currency" in part["transactions"][0]["total_unsettled_set"]["shop_money"]
    assert (order["financial_status"], order["current_total_price"]) == ("partially_refunded", "20.00")
    assert rest["refund_line_items"][0]["subtotal"] == 30.0
    assert (last["financial_status"], last["current_total_price"], len(last["refunds"])) == ("refunded", "0.00", 2)
    assert last["line_items"][0]["current_quantity"] == 0
    assert last["updated_at"] > order["updated_at"]


def test_cancelling(store, queue):
    """A cancelled order gives the money back; one that was never paid for is voided without refund."""
    first, second = (store.checkout(customer_id=None, total="5.00") for _ in range(2))
    store.cancel(first.order_id)
    store.cancel(second.order_id, refund=False)
    told = queue()[4:]
    assert [topic for topic, _ in told] == [
        "refunds/create",
        "orders/cancelled",
        "orders/updated",
        "orders/cancelled",
        "orders/updated",
    ]
    assert (told[1][1]["financial_status"], told[1][1]["cancelled_at"]) == ("refunded", "2026-03-01T07:00:01-05:00")
    assert (told[3][1]["financial_status"], told[3][1]["refunds"], told[3][1]["customer"]) == ("voided", [], None)


def test_the_zone_is_the_shops(make_store, queue, store):
    """Times carry the offset that the shop's zone has on that day."""
    lifecycle.change_shop(store, timezone="Asia/Kolkata")
    store.checkout(customer_id=None, total="1.00")
    told = queue()
    assert told[0][0] == "shop/update"
    assert told[0][1]["iana_timezone"] == "Asia/Kolkata"
    assert told[1][1]["created_at"] == "2026-03-01T17:30:00+05:30"


def test_customers_come_change_merge_and_leave(store, queue):
    """Each change of a customer has its webhook; merging moves the orders, leaving empties them."""
    store.add_customer(5, "Zoë O’Brien")
    placed = store.checkout(customer_id=5, total="1.00")
    lifecycle.rename_customer(store, 5, "Zoë Lind")
    lifecycle.merge_customers(store, kept=CUSTOMER, deleted=5)
    store.cancel(placed.order_id)
    lifecycle.delete_customer(store, OTHER)
    told = dict(queue())
    assert told["customers/create"]["first_name"] == "Zoë"
    assert told["customers/update"]["last_name"] == "Lind"
    assert not {"tags", "orders_count", "email_marketing_consent"} & told["customers/update"].keys()
    assert told["customers/merge"]["admin_graphql_api_customer_deleted_id"] == "gid://shopify/Customer/5"
    assert told["orders/cancelled"]["customer"]["id"] == CUSTOMER
    assert set(told["customers/delete"]) == {"id", "phone", "tax_exemptions", "admin_graphql_api_id"}


def test_tags_are_told_as_what_came_and_what_went(store, queue):
    """A customer's tags are told by two topics of their own, each with the change only, and by none when nothing changed."""
    lifecycle.tag_customer(store, CUSTOMER, add=["Staff", "vip"])
    lifecycle.tag_customer(store, CUSTOMER, add=["staff"], remove=["VIP", "nothing"])
    assert [(topic, body["tags"]) for topic, body in queue()] == [
        ("customer.tags_added", ["Staff", "vip"]),
        ("customer.tags_removed", ["VIP"]),
    ]


def test_an_edit_is_not_an_order(store, queue):
    """orders/edited has a small body of its own; the order itself follows with its new price."""
    placed = store.checkout(customer_id=None, total="9.00")
    lifecycle.edit_order(store, placed.order_id, price="7.00")
    (_, edited), (_, updated) = queue()[2:]
    assert edited["order_edit"]["order_id"] == placed.order_id
    assert updated["current_total_price_set"]["shop_money"]["amount"] == "7.00"


def test_compliance_and_uninstalling(client, store, queue):
    """The three compliance topics name shop and customer; uninstalling kills the tokens."""
    store.checkout(customer_id=CUSTOMER, total="9.00")
    client.exchange()
    lifecycle.ask_for_data(store, CUSTOMER)
    lifecycle.redact_customer(store, CUSTOMER)
    lifecycle.uninstall(store)
    lifecycle.redact_shop(store)
    told = dict(queue()[2:])
    assert list(told) == ["customers/data_request", "customers/redact", "app/uninstalled", "shop/redact"]
    assert told["customers/redact"]["customer"]["id"] == CUSTOMER
    assert len(told["customers/redact"]["orders_to_redact"]) == 1
    assert told["app/uninstalled"]["myshopify_domain"] == told["shop/redact"]["shop_domain"] == store.domain
    client.token = client.exchange().json()["access_token"]
    lifecycle.uninstall(store)
    assert client.post("query { shop { name } }").status_code == 401


def test_only_subscribed_topics_are_told(store, queue):
    """What the app did not ask for is not queued."""
    store.subscribe({"orders/paid": "/paid"})
    store.checkout(customer_id=None, total="1.00")
    assert [topic for topic, _ in queue()] == ["orders/paid"]
