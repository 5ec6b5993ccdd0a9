"""The body of a credit memo."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from plugin.sandbox.magento.values import Body, in_order, number, twice

ZERO = Decimal(0)
#: what it takes over from its order
SAME = (
    "base_currency_code", "global_currency_code", "order_currency_code", "store_currency_code", "base_to_global_rate",
    "base_to_order_rate", "store_to_base_rate", "store_to_order_rate", "store_id", "billing_address_id",
)  # fmt: skip


def creditmemo_body(
    entity_id: int,
    order: Body,
    amount: Decimal,
    goods: Mapping[int, Decimal],
    *,
    carriage: Decimal,
    extra: Decimal,
    adjusted: bool,
) -> Body:
    """What was given back on an order: pieces of lines, carriage, and so much besides."""
    lines = [item for item in order["items"] if item["item_id"] in goods]
    items = [_line(entity_id, item, goods[item["item_id"]]) for item in lines]
    rows = sum((Decimal(str(one["row_total"])) for one in items), ZERO)
    off = sum((Decimal(str(one.get("discount_amount", 0))) for one in items), ZERO)
    amounts = {
        "adjustment": extra, "discount_amount": -off, "grand_total": amount, "discount_tax_compensation_amount": ZERO,
        "shipping_amount": carriage, "shipping_incl_tax": carriage, "shipping_tax_amount": ZERO, "subtotal": rows,
        "subtotal_incl_tax": rows, "tax_amount": ZERO,
    }  # fmt: skip
    if adjusted or not goods:
        amounts |= {"adjustment_positive": extra, "adjustment_negative": ZERO}
    told = twice(amounts) | {name: order[name] for name in SAME}
    if "discount_description" in order:
        told["discount_description"] = order["discount_description"]
    return in_order(
        told
        | {
            "created_at": order["updated_at"], "updated_at": order["updated_at"], "entity_id": entity_id,
            "increment_id": f"{entity_id:09}", "order_id": order["entity_id"],
            "shipping_address_id": order["billing_address_id"] - 1, "state": 2, "items": items, "comments": [],
        }
    )  # fmt: skip


def _line(entity_id: int, item: Body, pieces: Decimal) -> Body:
    row = Decimal(str(item["price"])) * pieces
    off = Decimal(str(item["discount_amount"])) * pieces / item["qty_ordered"]
    amounts = {
        "discount_tax_compensation_amount": ZERO, "price": Decimal(str(item["price"])), "row_total": row,
        "price_incl_tax": Decimal(str(item["price"])), "row_total_incl_tax": row, "tax_amount": ZERO,
    }  # fmt: skip
    if off:
        amounts["discount_amount"] = off
    return twice(amounts) | {
        "base_cost": None, "base_weee_tax_row_disposition": 0, "entity_id": item["item_id"], "name": item["name"],
        "order_item_id": item["item_id"], "parent_id": entity_id, "product_id": item["product_id"],
        "qty": number(pieces), "sku": item["sku"], "weee_tax_applied": "[]", "weee_tax_applied_row_amount": 0,
        "weee_tax_row_disposition": 0,
    }  # fmt: skip
