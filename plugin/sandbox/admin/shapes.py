"""Orders, refunds and customers in the shape of the GraphQL API."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal

from graphql import GraphQLResolveInfo

from plugin.sandbox import customers
from plugin.sandbox.admin.call import Call, gid
from plugin.sandbox.admin.pages import Shape, connection_of
from plugin.sandbox.bodies import Body
from plugin.sandbox.cash import loose, rounded
from plugin.sandbox.times import read, zulu


def money(amount: str, currency: str) -> Shape:
    """A ``MoneyV2``."""
    return {"amount": loose(amount), "currencyCode": currency}


MANY_ORDERS = 5


def customer(call: Call, customer_id: int) -> Shape | None:
    """A ``Customer``, or None when there is none."""
    row = call.connection.execute("SELECT * FROM customers WHERE id = ?", (customer_id,)).fetchone()
    if row is None:
        return None
    email = {"emailAddress": row["email"], "marketingState": "NOT_SUBSCRIBED"} if row["email"] else None
    return {
        "id": gid("Customer", customer_id),
        "legacyResourceId": str(customer_id),
        "firstName": row["first_name"] or None,
        "lastName": row["last_name"] or None,
        "displayName": f"{row['first_name']} {row['last_name']}".strip(),
        "defaultEmailAddress": email,
        "createdAt": zulu(read(row["created_at"])),
        "updatedAt": zulu(read(row["updated_at"])),
        "state": "ENABLED",
        "tags": lambda _: customers.tags(call.connection, customer_id),
        "numberOfOrders": lambda _: str(_orders_of(call, customer_id)[0]),
        "amountSpent": lambda _: money(_orders_of(call, customer_id)[1], call.shop.currency),
        "lastOrder": lambda _: _last_order(call, customer_id),
        "statistics": lambda _: {"rfmGroup": _group(_orders_of(call, customer_id)[0])},
    }


def _group(orders: int) -> str:
    """The store's own group: its rule is not told; here it goes by the number of orders."""
    return "PROSPECTS" if not orders else "NEW" if orders == 1 else "ACTIVE" if orders < MANY_ORDERS else "CHAMPIONS"


def order(call: Call, body: Body) -> Shape:
    """An ``Order`` from its body."""
    currency = body["currency"]
    buyer = body["customer"]
    codes = [used["code"] for used in body["discount_codes"]]
    refunds = [_refund(refund, currency, codes) for refund in body["refunds"]]
    refunded = sum(
        (Decimal(part["amount"]) for refund in body["refunds"] for part in refund["transactions"]), Decimal(0)
    )
    net = Decimal(body["total_price"]) - refunded
    return {
        "id": body["admin_graphql_api_id"],
        "legacyResourceId": str(body["id"]),
        "name": body["name"],
        **{
            _camel(name): _moment(body[name])
            for name in ("created_at", "processed_at", "updated_at", "cancelled_at", "closed_at")
        },
        "cancelReason": body["cancel_reason"].upper() if body["cancel_reason"] else None,
        "currencyCode": currency,
        "presentmentCurrencyCode": body["presentment_currency"],
        "customer": lambda _: customer(call, buyer["id"]) if buyer else None,
        "discountCode": codes[0] if codes else None,
        "discountCodes": codes,
        "displayFinancialStatus": body["financial_status"].upper(),
        "lineItems": connection_of([_line(line, currency, codes) for line in body["line_items"]]),
        "shippingLines": connection_of([_shipping(line, currency, codes) for line in body["shipping_lines"]]),
        "refunds": _first_of(refunds),
        "transactions": _first_of(
            [_transaction(part) for refund in body["refunds"] for part in refund["transactions"]]
        ),
        "subtotalLineItemsQuantity": sum(line["quantity"] for line in body["line_items"]),
        "sourceName": body["source_name"],
        "tags": [],
        "test": body["test"],
        **_order_money(body),
        "netPaymentSet": _bag(str(net), currency),
        "totalReceivedSet": _bag(body["total_price"], currency),
        "totalRefundedSet": _bag(str(refunded), currency),
    }


def _order_money(body: Body) -> Shape:
    currency = body["currency"]
    plain = (
        "current_subtotal_price", "current_total_discounts", "current_total_price", "subtotal_price", "total_discounts",
        "total_price", "total_tax",
    )  # fmt: skip
    return {_camel(f"{name}_set"): _bag(body[name], currency) for name in plain} | {
        "totalShippingPriceSet": _bag(body["total_shipping_price_set"]["shop_money"]["amount"], currency),
        "totalTipReceivedSet": _bag(body["total_tip_received"], currency),
    }


def _line(line: Body, currency: str, codes: Sequence[str] = ()) -> Shape:
    whole = Decimal(line["price"]) * line["quantity"]
    off = sum((Decimal(part["amount"]) for part in line["discount_allocations"]), Decimal(0))

    def discounted(_: GraphQLResolveInfo[Call], *, withCodeDiscounts: bool = False) -> Shape:  # noqa: N803 (the API's name)
        return _bag(str(whole - off if withCodeDiscounts else whole), currency)

    return {
        "id": line["admin_graphql_api_id"],
        "name": line["name"],
        "title": line["title"],
        "sku": line["sku"],
        "quantity": line["quantity"],
        "currentQuantity": line["current_quantity"],
        "discountAllocations": [_allocation(part, currency, codes) for part in line["discount_allocations"]],
        "isGiftCard": line["gift_card"],
        "product": _reference("Product", line["product_id"]),
        "variant": _reference("ProductVariant", line["variant_id"]),
        "originalUnitPriceSet": _bag(line["price"], currency),
        "originalTotalSet": _bag(str(whole), currency),
        "discountedTotalSet": discounted,
        "totalDiscountSet": _bag(str(off), currency),
    }


def _shipping(line: Body, currency: str, codes: Sequence[str]) -> Shape:
    return {
        "id": gid("ShippingLine", line["id"]),
        "isRemoved": line["is_removed"],
        "discountAllocations": [_allocation(part, currency, codes) for part in line["discount_allocations"]],
    }


def _allocation(part: Body, currency: str, codes: Sequence[str]) -> Shape:
    index = part["discount_application_index"]
    application = {"__typename": "DiscountCodeApplication", "index": index, "code": codes[index]}
    return {"allocatedAmountSet": _bag(part["amount"], currency), "discountApplication": application}


def _refund(refund: Body, currency: str, codes: Sequence[str]) -> Shape:
    total = sum((Decimal(part["amount"]) for part in refund["transactions"]), Decimal(0))
    moment = _moment(refund["processed_at"])
    return {
        "id": refund["admin_graphql_api_id"],
        "legacyResourceId": str(refund["id"]),
        "note": refund["note"],
        **dict.fromkeys(("createdAt", "processedAt", "updatedAt"), moment),
        "totalRefundedSet": _bag(str(rounded(total, currency)), currency),
        "refundLineItems": connection_of([_refund_line(line, currency, codes) for line in refund["refund_line_items"]]),
        "transactions": connection_of([_transaction(part) for part in refund["transactions"]]),
    }


def _refund_line(line: Body, currency: str, codes: Sequence[str]) -> Shape:
    return {
        "id": gid("RefundLineItem", line["id"]),
        "lineItem": _line(line["line_item"], currency, codes),
        "quantity": line["quantity"],
        "restockType": line["restock_type"].upper(),
        "subtotalSet": _bag(line["subtotal_set"]["shop_money"]["amount"], currency),
        "totalTaxSet": _bag(line["total_tax_set"]["shop_money"]["amount"], currency),
    }


def _transaction(part: Body) -> Shape:
    return {
        "id": part["admin_graphql_api_id"],
        "amountSet": _bag(part["amount"], part["currency"]),
        "createdAt": _moment(part["created_at"]),
        "processedAt": _moment(part["processed_at"]),
        "gateway": part["gateway"],
        "kind": part["kind"].upper(),
        "status": part["status"].upper(),
        "test": part["test"],
    }


def _reference(kind: str, number: int | None) -> Shape | None:
    return None if number is None else {"id": gid(kind, number), "legacyResourceId": str(number)}


def _bag(amount: str, currency: str) -> Shape:
    return {"shopMoney": money(amount, currency), "presentmentMoney": money(amount, currency)}


def _first_of(shapes: list[Shape]) -> Callable[..., list[Shape]]:
    def resolve(_: GraphQLResolveInfo[Call], *, first: int | None = None) -> list[Shape]:
        return shapes if first is None else shapes[:first]

    return resolve


def _moment(text: str | None) -> str | None:
    return None if text is None else zulu(read(text))


def _camel(name: str) -> str:
    start, *rest = name.split("_")
    return start + "".join(word.capitalize() for word in rest)


def _orders_of(call: Call, customer_id: int) -> tuple[int, str]:
    bodies = _bodies(call, "SELECT body FROM orders WHERE customer_id = ?", customer_id)
    spent = sum((Decimal(body["current_total_price"]) for body in bodies), Decimal(0))
    return len(bodies), str(spent)


def _last_order(call: Call, customer_id: int) -> Shape | None:
    bodies = _bodies(
        call, "SELECT body FROM orders WHERE customer_id = ? ORDER BY processed_at DESC LIMIT 1", customer_id
    )
    return order(call, bodies[0]) if bodies else None


def _bodies(call: Call, statement: str, customer_id: int) -> list[Body]:
    return [json.loads(row["body"]) for row in call.connection.execute(statement, (customer_id,))]
