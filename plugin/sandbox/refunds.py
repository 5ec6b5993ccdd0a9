"""Money given back: the refund's own body, and what it changes on the order's."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from plugin.sandbox.bodies import Body, money_set
from plugin.sandbox.cash import rounded
from plugin.sandbox.times import with_offset


def give_back(order: Body, amount: Decimal, *, at: datetime, zone: ZoneInfo, restock_type: str | None) -> Body:
    """Changes the order in place and returns the refund. With a ``restock_type`` every line goes back.

    Raises ValueError when more would go back than is left.
    """
    currency = order["currency"]
    left = Decimal(order["current_total_price"])
    if amount > left:
        raise ValueError(f"Only {left} {currency} of the order is left to refund.")
    refund = _refund(order, amount, at=with_offset(at, zone), restock_type=restock_type)
    order["refunds"].append(refund)
    remains = rounded(left - amount, currency)
    for name in ("current_total_price", "current_subtotal_price"):
        order[name] = str(remains)
        order[f"{name}_set"] = money_set(remains, currency)
    if restock_type is not None:
        for line in order["line_items"]:
            line["current_quantity"] = line["fulfillable_quantity"] = 0
    order["financial_status"] = "partially_refunded" if remains else "refunded"
    return refund


def _refund(order: Body, amount: Decimal, *, at: str, restock_type: str | None) -> Body:
    refund_id = order["id"] * 10 + len(order["refunds"])
    return {
        "id": refund_id,
        "admin_graphql_api_id": f"gid://shopify/Refund/{refund_id}",
        "order_id": order["id"],
        "created_at": at,
        "processed_at": at,
        "note": None,
        "user_id": None,
        "restock": restock_type is not None,
        "duties": [],
        "order_adjustments": [],
        "refund_shipping_lines": [],
        "return": None,
        "refund_line_items": [_line(refund_id, line, restock_type) for line in order["line_items"]]
        if restock_type
        else [],
        "transactions": [_transaction(refund_id, order, amount, at)] if amount else [],
    }


def _line(refund_id: int, line: Body, restock_type: str) -> Body:
    currency = line["price_set"]["shop_money"]["currency_code"]
    off = sum((Decimal(part["amount"]) for part in line["discount_allocations"]), Decimal(0))
    subtotal = rounded(Decimal(line["price"]) * line["quantity"] - off, currency)
    return {
        "id": refund_id * 10 + line["id"] % 10,
        "line_item_id": line["id"],
        "location_id": None,
        "quantity": line["quantity"],
        "restock_type": restock_type,
        "subtotal": float(subtotal),
        "subtotal_set": money_set(subtotal, currency),
        "total_tax": 0.0,
        "total_tax_set": money_set(rounded(Decimal(0), currency), currency),
        "line_item": dict(line),
    }


def _transaction(refund_id: int, order: Body, amount: Decimal, at: str) -> Body:
    nothing = {"amount": str(rounded(Decimal(0), order["currency"])), "currency": order["currency"]}
    return {
        "id": refund_id + 1_000_000_000_000_000,
        "admin_graphql_api_id": f"gid://shopify/OrderTransaction/{refund_id + 1_000_000_000_000_000}",
        "order_id": order["id"],
        "amount": str(amount),
        "authorization": None,
        "created_at": at,
        "currency": order["currency"],
        "gateway": order["payment_gateway_names"][0],
        "kind": "refund",
        "message": "Refund accepted",
        "parent_id": None,
        "processed_at": at,
        "source_name": "web",
        "status": "success",
        "test": order["test"],
        "total_unsettled_set": {"presentment_money": nothing, "shop_money": dict(nothing)},
    }
