"""An order read again from a Shopify store, as the same facts that its webhook would have given.

There is one translation of Shopify's orders into facts, the ear's; here the GraphQL answer is only written in the words
of a webhook's body. So an order fetched and an order heard cannot differ in what they mean.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal, InvalidOperation
from typing import Any

from plugin.platforms import shape
from plugin.platforms.protocol import FetchedOrder, InDoubt
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.documents import FETCH_ORDER
from plugin.platforms.shopify.ids import to_gid
from webhooks.facts import Unexpected
from webhooks.shopify.translate import translate

TOPIC = "orders/updated"
#: keeps one question well under the 1,000 points that Shopify allows
LINES_A_PAGE = 25
MOST_PAGES = 50


def fetch_order(client: AdminClient, order_id: str, *, currency: str) -> FetchedOrder | None:
    """The order with its refunds as they are now, or None when the store has none under this id. Raises PlatformError.

    ``currency`` is the store's as we know it, for an answer that does not say.
    """
    page = _page(client, order_id, after=None)
    if page is None:
        return None
    lines = _lines_of(page)
    for _ in range(MOST_PAGES):
        if (after := _next(page)) is None:
            return _understood(page, lines, currency)
        updated_at = page.get("updatedAt")
        page = _page(client, order_id, after=after)
        if page is None or page.get("updatedAt") != updated_at:
            raise InDoubt("the order changed while it was being read")
        lines += _lines_of(page)
    raise InDoubt("the order has no end")


def as_webhook(order: dict[str, Any], lines: list[dict[str, Any]]) -> dict[str, Any]:
    """A GraphQL order in the words of a webhook's body. Raises InDoubt for an answer of another shape."""
    customer = order.get("customer")
    return {
        "id": order.get("id"),
        "customer": None if customer is None else _buyer(shape.mapping(customer, "customer")),
        "created_at": order.get("createdAt"),
        "processed_at": order.get("processedAt"),
        "updated_at": order.get("updatedAt"),
        "cancelled_at": order.get("cancelledAt"),
        "test": order.get("test"),
        "financial_status": _lower(order.get("displayFinancialStatus")),
        "source_name": order.get("sourceName"),
        "currency": order.get("currencyCode"),
        "total_price_set": _money_set(order.get("totalPriceSet")),
        "current_total_price_set": _money_set(order.get("currentTotalPriceSet")),
        "discount_codes": _codes(order, lines),
        "line_items": [_line(line) for line in lines],
        "refunds": [_refund(refund) for refund in shape.items(order.get("refunds"), "refunds")],
    }


def amount_of(money_set: Any) -> Decimal:
    """What a set says in the store's currency. Raises InDoubt."""
    try:
        amount = Decimal(shape.text(_shop_money(money_set).get("amount"), "amount"))
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite():
        raise InDoubt("the answer's amount is none")
    return amount


def _page(client: AdminClient, order_id: str, *, after: str | None) -> dict[str, Any] | None:
    variables = {"id": to_gid("Order", order_id), "lines": LINES_A_PAGE, "after": after}
    order = client.run(FETCH_ORDER, variables).whole("order")
    return None if order is None else shape.mapping(order, "order")


def _lines_of(page: dict[str, Any]) -> list[dict[str, Any]]:
    return shape.items(shape.mapping(page.get("lineItems"), "lines").get("nodes"), "lines")


def _next(page: dict[str, Any]) -> str | None:
    info = shape.mapping(shape.mapping(page["lineItems"], "lines").get("pageInfo"), "page")
    return shape.text(info.get("endCursor"), "cursor") if shape.flag(info.get("hasNextPage"), "page") else None


def _understood(order: dict[str, Any], lines: list[dict[str, Any]], currency: str) -> FetchedOrder:
    payload = as_webhook(order, lines)
    updated_at = shape.moment(order.get("updatedAt"), "updatedAt")
    try:
        facts = translate(TOPIC, payload, triggered_at=updated_at, received_at=updated_at, currency_hint=currency)
    except Unexpected as wrong:
        raise InDoubt(f"the answer's order cannot be understood: {wrong}") from None
    if not facts.orders or facts.refetch_order_ids:
        raise InDoubt("the answer's order says too little")
    return FetchedOrder(order=facts.orders[0], refunds=facts.refunds)


def _buyer(customer: dict[str, Any]) -> dict[str, Any]:
    return {"id": customer.get("id"), "updated_at": customer.get("updatedAt")}


def _line(line: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": line.get("id"),
        "product_id": _id(line.get("product")),
        "variant_id": _id(line.get("variant")),
        "quantity": line.get("quantity"),
        "current_quantity": line.get("currentQuantity"),
        "gift_card": line.get("isGiftCard"),
        "price_set": _money_set(line.get("originalUnitPriceSet")),
        "discount_allocations": [
            {"amount_set": _money_set(share.get("allocatedAmountSet"))} for share in _shares(line)
        ],
    }


def _refund(refund: dict[str, Any]) -> dict[str, Any]:
    nodes = shape.items(shape.mapping(refund.get("transactions"), "transactions").get("nodes"), "transactions")
    return {
        "id": refund.get("id"),
        "created_at": refund.get("createdAt"),
        "processed_at": refund.get("processedAt"),
        "transactions": [_transaction(node) for node in nodes],
    }


def _transaction(transaction: dict[str, Any]) -> dict[str, Any]:
    money = _shop_money(transaction.get("amountSet"))
    return {
        "kind": _lower(transaction.get("kind")),
        "status": _lower(transaction.get("status")),
        "amount": money.get("amount"),
        "currency": money.get("currencyCode"),
    }


def _codes(order: dict[str, Any], lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The codes used, each with the sum of its shares in lines and shipping: GraphQL has no total per code."""
    shipping = shape.items(shape.mapping(order.get("shippingLines"), "shipping").get("nodes"), "shipping")
    taken: defaultdict[str, Decimal] = defaultdict(Decimal)
    for share in (share for line in (*lines, *shipping) for share in _shares(line)):
        code = shape.mapping(share.get("discountApplication"), "discount").get("code")
        if code is not None:
            taken[shape.text(code, "code").casefold()] += amount_of(share.get("allocatedAmountSet"))
    used = shape.texts(order.get("discountCodes"), "codes")
    return [{"code": code, "amount": f"{taken[code.casefold()]:f}"} for code in used]


def _shares(line: dict[str, Any]) -> list[dict[str, Any]]:
    return shape.items(line.get("discountAllocations"), "discount shares")


def _money_set(value: Any) -> dict[str, Any]:
    money = _shop_money(value)
    return {"shop_money": {"amount": money.get("amount"), "currency_code": money.get("currencyCode")}}


def _shop_money(value: Any) -> dict[str, Any]:
    return shape.mapping(shape.mapping(value, "money").get("shopMoney"), "money")


def _id(value: Any) -> Any:
    return None if value is None else shape.mapping(value, "product").get("id")


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value
