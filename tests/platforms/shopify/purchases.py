"""Purchases, and how Shopify writes the same one in a webhook's body and in a GraphQL answer."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from storage.money import exponent, to_decimal_text

START = datetime(2026, 1, 1, tzinfo=UTC)
CODES = ("SPRING", "Back-15")

_ids = st.integers(10**12, 2**60)
_moments = st.integers(0, 300 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))
_minors = st.integers(0, 100_000)


def _share(codes: int) -> st.SearchStrategy[dict[str, Any]]:
    # the last application is one without a code, as automatic discounts are
    return st.fixed_dictionaries({"application": st.integers(0, codes), "minor": st.integers(0, 400)})


@st.composite
def purchases(draw: st.DrawFn) -> dict[str, Any]:
    """A purchase as it is, whoever tells it; money in minor units of its currency."""
    codes = draw(st.integers(0, len(CODES)))
    lines = draw(
        st.lists(
            st.fixed_dictionaries({
                "id": _ids, "product": st.none() | _ids, "variant": st.none() | _ids, "quantity": st.integers(1, 5),
                "returned": st.integers(0, 5), "minor": _minors, "gift_card": st.booleans(),
                "shares": st.lists(_share(codes), max_size=3),
            }),
            max_size=5, unique_by=lambda line: line["id"],
        )
    )  # fmt: skip
    transaction = st.fixed_dictionaries({
        "minor": _minors, "kind": st.sampled_from(["refund", "void"]), "status": st.sampled_from(["success", "pending", "failure"]),
    })  # fmt: skip
    refunds = st.lists(
        st.fixed_dictionaries({"id": _ids, "at": _moments, "transactions": st.lists(transaction, max_size=3)}),
        max_size=3,
    )
    return {
        "id": draw(_ids), "customer": draw(st.none() | _ids), "created": draw(_moments), "processed": draw(_moments),
        "updated": draw(_moments), "cancelled": draw(st.none() | _moments), "test": draw(st.booleans()),
        "status": draw(st.sampled_from(["paid", "voided", "refunded", "partially_refunded", "pending", "expired"])),
        "currency": draw(st.sampled_from(["USD", "JPY", "KWD"])), "total": draw(_minors), "current": draw(_minors),
        "codes": CODES[:codes], "lines": lines, "shipping": draw(st.lists(_share(codes), max_size=2)),
        "refunds": draw(refunds), "abroad": draw(st.booleans()),
    }  # fmt: skip


def as_body(purchase: dict[str, Any]) -> dict[str, Any]:
    """The body of an orders/updated webhook; the buyer may have paid in a currency worth half of the store's."""
    money = _money(purchase)
    return {
        "id": purchase["id"],
        "customer": purchase["customer"] and {"id": purchase["customer"], "updated_at": None},
        "created_at": _local(purchase["created"]),
        "processed_at": _local(purchase["processed"]),
        "updated_at": _local(purchase["updated"]),
        "cancelled_at": purchase["cancelled"] and _local(purchase["cancelled"]),
        "test": purchase["test"],
        "financial_status": purchase["status"],
        "currency": purchase["currency"],
        "presentment_currency": "CHF" if purchase["abroad"] else purchase["currency"],
        "total_price_set": money(purchase["total"]),
        "current_total_price_set": money(purchase["current"]),
        "discount_codes": [
            {"code": code, "type": "percentage", "amount": _text(purchase, _taken(purchase, at) * (1 + purchase["abroad"]))}
            for at, code in enumerate(purchase["codes"])
        ],
        "discount_applications": [*({"type": "discount_code", "code": code} for code in purchase["codes"]), {"type": "automatic"}],
        "line_items": [_body_line(purchase, line) for line in purchase["lines"]],
        "shipping_lines": [{"discount_allocations": _body_shares(purchase, purchase["shipping"])}],
        "refunds": [_body_refund(purchase, refund) for refund in purchase["refunds"]],
    }  # fmt: skip


def as_answer(purchase: dict[str, Any], *, lines: slice = slice(None), cursor: str | None = None) -> dict[str, Any]:
    """The answer to FetchOrder; ``lines`` of it, with a cursor where there are more."""
    money = _shop_money(purchase)
    order = {
        "id": f"gid://shopify/Order/{purchase['id']}",
        "customer": purchase["customer"] and {"id": f"gid://shopify/Customer/{purchase['customer']}"},
        "createdAt": _utc(purchase["created"]),
        "processedAt": _utc(purchase["processed"]),
        "updatedAt": _utc(purchase["updated"]),
        "cancelledAt": purchase["cancelled"] and _utc(purchase["cancelled"]),
        "test": purchase["test"],
        "displayFinancialStatus": purchase["status"].upper(),
        "currencyCode": purchase["currency"],
        "totalPriceSet": money(purchase["total"]),
        "currentTotalPriceSet": money(purchase["current"]),
        "discountCodes": list(purchase["codes"]),
        "shippingLines": {"nodes": [{"discountAllocations": _answer_shares(purchase, purchase["shipping"])}]},
        "refunds": [_answer_refund(purchase, refund) for refund in purchase["refunds"]],
        "lineItems": {
            "nodes": [_answer_line(purchase, line) for line in purchase["lines"][lines]],
            "pageInfo": {"hasNextPage": cursor is not None, "endCursor": cursor},
        },
    }
    return {"data": {"order": order}}


def _taken(purchase: dict[str, Any], application: int) -> int:
    shares = [*purchase["shipping"], *(share for line in purchase["lines"] for share in line["shares"])]
    return sum(share["minor"] for share in shares if share["application"] == application)


def _body_line(purchase: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": line["id"], "product_id": line["product"], "variant_id": line["variant"], "quantity": line["quantity"],
        "current_quantity": max(0, line["quantity"] - line["returned"]), "gift_card": line["gift_card"],
        "price_set": _money(purchase)(line["minor"]), "discount_allocations": _body_shares(purchase, line["shares"]),
    }  # fmt: skip


def _body_shares(purchase: dict[str, Any], shares: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {"amount_set": _money(purchase)(share["minor"]), "discount_application_index": share["application"]}
        for share in shares
    ]


def _body_refund(purchase: dict[str, Any], refund: dict[str, Any]) -> dict[str, Any]:
    moved = [
        {
            "kind": item["kind"],
            "status": item["status"],
            "amount": _text(purchase, item["minor"]),
            "currency": purchase["currency"],
        }
        for item in refund["transactions"]
    ]
    at = _local(refund["at"])
    return {"id": refund["id"], "order_id": purchase["id"], "created_at": at, "processed_at": at, "transactions": moved}


def _answer_line(purchase: dict[str, Any], line: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"gid://shopify/LineItem/{line['id']}",
        "quantity": line["quantity"],
        "currentQuantity": max(0, line["quantity"] - line["returned"]),
        "isGiftCard": line["gift_card"],
        "product": line["product"] and {"id": f"gid://shopify/Product/{line['product']}"},
        "variant": line["variant"] and {"id": f"gid://shopify/ProductVariant/{line['variant']}"},
        "originalUnitPriceSet": _shop_money(purchase)(line["minor"]),
        "discountAllocations": _answer_shares(purchase, line["shares"]),
    }


def _answer_shares(purchase: dict[str, Any], shares: list[dict[str, Any]]) -> list[dict[str, Any]]:
    named = [{"__typename": "DiscountCodeApplication", "code": code} for code in purchase["codes"]]
    applications = [*named, {"__typename": "AutomaticDiscountApplication"}]
    money = _shop_money(purchase)
    return [
        {"allocatedAmountSet": money(share["minor"]), "discountApplication": applications[share["application"]]}
        for share in shares
    ]


def _answer_refund(purchase: dict[str, Any], refund: dict[str, Any]) -> dict[str, Any]:
    nodes = [
        {
            "kind": item["kind"].upper(),
            "status": item["status"].upper(),
            "amountSet": _shop_money(purchase)(item["minor"]),
        }
        for item in refund["transactions"]
    ]
    at = _utc(refund["at"])
    return {
        "id": f"gid://shopify/Refund/{refund['id']}", "createdAt": at, "processedAt": at, "transactions": {"nodes": nodes}
    }  # fmt: skip


def _money(purchase: dict[str, Any]) -> Any:
    shop = _shop_money(purchase)
    return lambda minor: {
        "shop_money": {"amount": _text(purchase, minor), "currency_code": shop(minor)["shopMoney"]["currencyCode"]},
        "presentment_money": {"amount": _text(purchase, 2 * minor), "currency_code": "CHF"},
    }


def _shop_money(purchase: dict[str, Any]) -> Any:
    return lambda minor: {"shopMoney": {"amount": _text(purchase, minor), "currencyCode": purchase["currency"]}}


def _text(purchase: dict[str, Any], minor: int) -> str:
    text = to_decimal_text(minor, purchase["currency"])
    # Shopify writes "1000.0" for whole yen
    return text if exponent(purchase["currency"]) else f"{text}.0"


def _utc(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _local(moment: datetime) -> str:
    return (moment + timedelta(hours=-5)).isoformat().replace("+00:00", "-05:00")
