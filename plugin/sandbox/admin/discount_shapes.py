"""Discounts in the shape of the GraphQL API."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from plugin.sandbox import discounts, pools
from plugin.sandbox.admin import shapes
from plugin.sandbox.admin.call import Call, gid
from plugin.sandbox.admin.pages import Shape, connection_of
from plugin.sandbox.discounts import Discount
from plugin.sandbox.till import Terms
from plugin.sandbox.times import zulu


def node(call: Call, discount: Discount) -> Shape:
    """A ``DiscountCodeNode`` around a ``DiscountCodeBasic`` or a ``DiscountCodeFreeShipping``."""
    terms = discount.terms
    code = {"id": gid("DiscountRedeemCode", discount.id), "code": terms.code, "asyncUsageCount": discount.times_used}

    def codes(info: GraphQLResolveInfo[Call], *, query: str | None = None, **page: Any) -> Any:
        more = [
            {
                "id": gid("DiscountRedeemCode", row["id"]),
                "code": row["code"],
                "asyncUsageCount": int(row["used_by_order"] is not None),
            }
            for row in pools.codes_of(call.connection, discount.id, query)
            if row["code"] != terms.code
        ]
        own = discounts.get(call.connection, discount.id)
        first = [code] if query is None or query.casefold() == terms.code.casefold() else []
        if own is None or own.terms.code != terms.code:
            first = [
                {**code, "id": gid("DiscountRedeemCode", row["id"])}
                for row in pools.codes_of(call.connection, discount.id, terms.code)
            ]
        return connection_of([*first, *more])(info, **page)

    shown = {
        "__typename": "DiscountCodeFreeShipping" if terms.shipping else "DiscountCodeBasic",
        "appliesOncePerCustomer": terms.once_per_customer,
        "asyncUsageCount": pools.uses(call.connection, discount.id),
        "codes": codes,
        "codesCount": {"count": 1, "precision": "EXACT"},
        "combinesWith": dict(terms.combines_with),
        "context": _context(call, terms),
        "createdAt": zulu(discount.created_at),
        "customerGets": None if terms.shipping else _gets(terms, call.shop.currency),
        "maximumShippingPrice": None
        if terms.maximum_shipping is None
        else shapes.money(str(terms.maximum_shipping), call.shop.currency),
        "endsAt": zulu(discount.ends_at) if discount.ends_at else None,
        "minimumRequirement": _minimum(terms, call.shop.currency),
        "startsAt": zulu(terms.starts_at),
        "status": discount.status(call.now),
        "summary": terms.title,
        "tags": list(terms.tags),
        "title": terms.title,
        "updatedAt": zulu(discount.updated_at),
        "usageLimit": terms.usage_limit,
    }
    return {"id": gid("DiscountCodeNode", discount.id), "codeDiscount": shown}


def _context(call: Call, terms: Terms) -> Shape:
    if terms.customers is None:
        return {"__typename": "DiscountBuyerSelectionAll", "all": "ALL"}
    numbers = terms.customers

    def customers(_: object) -> list[Shape]:
        return [found for number in numbers if (found := shapes.customer(call, number))]

    return {"__typename": "DiscountCustomers", "customers": customers}


def _gets(terms: Terms, currency: str) -> Shape:
    if terms.fraction is not None:
        value: Shape = {"__typename": "DiscountPercentage", "percentage": float(terms.fraction)}
    else:
        amount = shapes.money(str(terms.amount), currency)
        value = {"__typename": "DiscountAmount", "amount": amount, "appliesOnEachItem": False}
    return {
        "appliesOnOneTimePurchase": True,
        "appliesOnSubscription": False,
        "items": _items(terms),
        "value": value,
    }


def _items(terms: Terms) -> Shape:
    if terms.products:
        nodes = [{"id": gid("Product", one), "legacyResourceId": str(one)} for one in terms.products]
        return {"__typename": "DiscountProducts", "products": connection_of(nodes)}
    if terms.collections:
        nodes = [{"id": gid("Collection", one)} for one in terms.collections]
        return {"__typename": "DiscountCollections", "collections": connection_of(nodes)}
    return {"__typename": "AllDiscountItems", "allItems": True}


def _minimum(terms: Terms, currency: str) -> Shape | None:
    if terms.minimum_subtotal is not None:
        least = shapes.money(str(terms.minimum_subtotal), currency)
        return {"__typename": "DiscountMinimumSubtotal", "greaterThanOrEqualToSubtotal": least}
    if terms.minimum_quantity is not None:
        return {"__typename": "DiscountMinimumQuantity", "greaterThanOrEqualToQuantity": str(terms.minimum_quantity)}
    return None
