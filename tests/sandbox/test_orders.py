"""Orders, customers and the store itself as the API tells them."""

from __future__ import annotations

from decimal import Decimal

import pytest

from plugin.sandbox.order_bodies import Line
from tests.sandbox.conftest import CUSTOMER
from tests.sandbox.documents import CREATE, ORDER, ORDERS, SHOP, discount


def amount(bag):
    assert bag["shopMoney"] == bag["presentmentMoney"]
    return bag["shopMoney"]["amount"]


def test_an_order_with_a_code_is_told_with_its_money(client, store):
    """Price, discount and code of an order are what the checkout took, without idle zeros."""
    client.ask(CREATE, input=discount(CUSTOMER))
    placed = store.checkout(customer_id=CUSTOMER, total="30.00", code="reg-abc123")
    (order,) = client.ask(ORDERS, first=10)["orders"]["nodes"]
    assert order["id"] == f"gid://shopify/Order/{placed.order_id}"
    assert order["legacyResourceId"] == str(placed.order_id)
    assert (amount(order["totalPriceSet"]), amount(order["totalDiscountsSet"])) == ("27.0", "3.0")
    assert order["discountCodes"] == ["REG-ABC123"]
    assert order["customer"] == {"id": f"gid://shopify/Customer/{CUSTOMER}"}
    assert order["processedAt"] == "2026-03-01T12:00:00Z"
    assert order["displayFinancialStatus"] == "PAID"


def test_a_refunded_and_a_cancelled_order(client, store, clock):
    """A part refund keeps the goods, a cancellation gives everything back; both are told with their money."""
    first = store.checkout(customer_id=CUSTOMER, total="30.00")
    second = store.checkout(customer_id=CUSTOMER, total="12.50")
    clock.forward(minutes=3)
    store.refund(first.order_id, "10.00")
    store.cancel(second.order_id)
    partly = client.ask(ORDER, id=f"gid://shopify/Order/{first.order_id}")["order"]
    assert (partly["displayFinancialStatus"], amount(partly["currentTotalPriceSet"])) == ("PARTIALLY_REFUNDED", "20.0")
    assert partly["refunds"][0]["refundLineItems"]["nodes"] == []
    assert amount(partly["refunds"][0]["transactions"]["nodes"][0]["amountSet"]) == "10.0"
    gone = client.ask(ORDER, id=f"gid://shopify/Order/{second.order_id}")["order"]
    assert (gone["displayFinancialStatus"], gone["cancelledAt"]) == ("REFUNDED", "2026-03-01T12:03:00Z")
    assert (amount(gone["currentTotalPriceSet"]), amount(gone["netPaymentSet"])) == ("0.0", "0.0")
    assert gone["refunds"][0]["refundLineItems"]["nodes"][0]["restockType"] == "CANCEL"
    assert gone["customer"]["numberOfOrders"] == "2"
    assert gone["customer"]["amountSpent"] == {"amount": "20.0"}


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("sort_key", ["PROCESSED_AT", "UPDATED_AT", "ID"])
def test_pages_hold_every_order_once_in_order(client, store, clock, sort_key, reverse):
    """Walking through the pages with their cursors meets each order once, sorted."""
    placed = []
    for _ in range(7):
        placed.append(store.checkout(customer_id=None, total="1.00").name)
        clock.forward(seconds=1)
    seen, after = [], None
    while True:
        page = client.ask(ORDERS, first=3, after=after, sortKey=sort_key, reverse=reverse)["orders"]
        seen += [order["name"] for order in page["nodes"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == (placed[::-1] if reverse else placed)


def test_search_words(client, store, clock):
    """Time, customer, state and test orders can be searched for; what is not understood is told as a warning."""
    first = store.checkout(customer_id=CUSTOMER, total="1.00")
    clock.forward(minutes=1)
    second = store.checkout(customer_id=None, total="2.00", test=True)
    clock.forward(minutes=1)
    store.cancel(first.order_id)
    expected = {
        "updated_at:>='2026-03-01T12:01:00Z'": {first.name, second.name},
        "processed_at:<2026-03-01T12:01:00Z": {first.name},
        f"customer_id:{CUSTOMER} AND status:cancelled": {first.name},
        "test:true": {second.name},
        f"name:{second.name}": {second.name},
        "status:any": {first.name, second.name},
    }
    for query, names in expected.items():
        assert {order["name"] for order in client.ask(ORDERS, first=10, query=query)["orders"]["nodes"]} == names, query
    answer = client.post(ORDERS, first=10, query="weather:fine").json()
    assert answer["extensions"]["search"][0]["warnings"] == [{"field": "weather:fine"}]


@pytest.mark.parametrize("scopes", [("read_orders",), ("read_orders", "read_all_orders")])
def test_old_orders_need_a_scope(make_store, clock, scopes, start_client):
    """Without read_all_orders an app sees the last 60 days only."""
    store = make_store(scopes=scopes)
    old = store.checkout(customer_id=None, total="1.00")
    clock.forward(days=61)
    new = store.checkout(customer_id=None, total="1.00")
    client = start_client(store)
    names = {order["name"] for order in client.ask(ORDERS, first=10)["orders"]["nodes"]}
    hidden = client.ask(ORDER, id=f"gid://shopify/Order/{old.order_id}")["order"]
    everything = "read_all_orders" in scopes
    assert names == ({old.name, new.name} if everything else {new.name})
    assert (hidden is not None) == everything


def test_a_missing_scope_is_access_denied(make_store, start_client):
    """A field whose scope was not granted is null with ACCESS_DENIED."""
    client = start_client(make_store(scopes=("read_orders",)))
    answer = client.post('query { customer(id: "gid://shopify/Customer/1") { id } }').json()
    assert answer["errors"][0]["extensions"]["code"] == "ACCESS_DENIED"
    assert answer["data"] == {"customer": None}


def test_lines_share_the_discount_exactly(client, store):
    """The parts of a discount on the lines add up to the whole."""
    client.ask(CREATE, input=discount(CUSTOMER, customerGets={"value": {"percentage": 0.15}, "items": {"all": True}}))
    lines = [Line(title="A", price=store_price) for store_price in map(Decimal, ("3.33", "3.33", "3.34"))]
    placed = store.checkout(customer_id=CUSTOMER, total="10.00", code="REG-ABC123", lines=lines)
    assert placed.discount == Decimal("1.50")
    nodes = client.ask(ORDER, id=f"gid://shopify/Order/{placed.order_id}")["order"]["lineItems"]["nodes"]
    assert sum(Decimal(amount(node["totalDiscountSet"])) for node in nodes) == placed.discount
    parts = [part for node in nodes for part in node["discountAllocations"]]
    assert sum(Decimal(amount(part["allocatedAmountSet"])) for part in parts) == placed.discount
    assert {part["discountApplication"]["code"] for part in parts} == {"REG-ABC123"}


def test_the_store_tells_of_itself(client):
    """Name, domain, currency, zone and the scopes that the app was granted."""
    told = client.ask(SHOP)
    assert told["shop"] == {
        "name": "Sandbox Records",
        "myshopifyDomain": "corner.myshopify.com",
        "currencyCode": "USD",
        "ianaTimezone": "America/New_York",
    }
    assert {"handle": "write_discounts"} in told["currentAppInstallation"]["accessScopes"]
