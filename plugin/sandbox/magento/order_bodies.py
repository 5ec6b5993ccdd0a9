"""The body of an order at its birth; what happens to it later changes the body in place."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from plugin.sandbox.magento.values import Body, in_order, number, present, stamp, twice
from plugin.sandbox.order_bodies import Line

ZERO = Decimal(0)
STORE_NAMES = "Main Website\nMain Website Store\nDefault Store View"
STREET = {"city": "Austin", "country_id": "US", "postcode": "78701", "region": "Texas", "region_code": "TX",
          "region_id": 57, "street": ["1 Test St"], "telephone": "5550100"}  # fmt: skip
NOT_OF_VARIANTS = frozenset({
    "base_discount_tax_compensation_amount", "base_original_price", "base_price_incl_tax",
    "discount_tax_compensation_amount", "price_incl_tax",
})  # fmt: skip
SHIPPED_BY = "flatrate_flatrate"


@dataclass(frozen=True, slots=True, kw_only=True)
class Buyer:
    """Who buys; a guest has no number and is in group 0."""

    customer_id: int | None
    email: str
    first_name: str
    last_name: str
    group_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reduction:
    """What a rule takes off."""

    code: str
    rule_id: int
    label: str | None
    #: off each line
    lines: tuple[Decimal, ...]
    #: what the carriage costs under the rule
    carriage: Decimal

    @property
    def off(self) -> Decimal:
        """All of it."""
        return sum(self.lines, ZERO)


def order_body(
    *,
    entity_id: int,
    store_id: int,
    currency: str,
    buyer: Buyer,
    lines: Sequence[Line],
    shipping: Decimal,
    reduction: Reduction | None,
    at: datetime,
    configurable: bool,
) -> Body:
    """A new order, placed and not paid yet."""
    goods = sum((line.total for line in lines), ZERO)
    off = reduction.off if reduction else ZERO
    shipping = reduction.carriage if reduction else shipping
    total = goods + shipping - off
    told = stamp(at)
    items = _items(entity_id, store_id, lines, reduction, told, configurable=configurable)
    address = STREET | {"email": buyer.email, "firstname": buyer.first_name, "lastname": buyer.last_name}
    amounts = twice(
        {
            "discount_amount": -off, "grand_total": total, "discount_tax_compensation_amount": ZERO,
            "shipping_amount": shipping, "shipping_discount_amount": ZERO, "shipping_incl_tax": shipping,
            "shipping_tax_amount": ZERO, "subtotal": goods, "subtotal_incl_tax": goods, "tax_amount": ZERO,
            "total_due": total,
        }
    )  # fmt: skip
    return in_order(
        amounts
        | present(
            {
                "applied_rule_ids": str(reduction.rule_id) if reduction else None,
                "coupon_code": reduction.code if reduction else None,
                "discount_description": reduction.label if reduction else None,
                "customer_id": buyer.customer_id,
            }
        )
        | {
            "base_currency_code": currency, "global_currency_code": currency, "order_currency_code": currency,
            "store_currency_code": currency, "base_to_global_rate": 1, "base_to_order_rate": 1,
            "store_to_base_rate": 0, "store_to_order_rate": 0,
            "base_shipping_discount_tax_compensation_amnt": 0, "shipping_discount_tax_compensation_amount": 0,
            "billing_address_id": 2 * entity_id, "created_at": told, "updated_at": told,
            "customer_email": buyer.email, "customer_firstname": buyer.first_name,
            "customer_lastname": buyer.last_name, "customer_group_id": buyer.group_id,
            "customer_is_guest": int(buyer.customer_id is None), "customer_note_notify": 1, "email_sent": 1,
            "entity_id": entity_id, "increment_id": f"{entity_id:09}", "is_virtual": 0,
            "protect_code": hashlib.sha256(str(entity_id).encode()).hexdigest()[:32], "quote_id": entity_id,
            "remote_ip": "127.0.0.1", "shipping_description": "Flat Rate - Fixed", "state": "new",
            "status": "pending", "store_id": store_id, "store_name": STORE_NAMES,
            "total_item_count": len(lines), "total_qty_ordered": sum(line.quantity for line in lines),
            "weight": sum(line.quantity for line in lines), "items": items,
            "billing_address": {"address_type": "billing", "entity_id": 2 * entity_id, "parent_id": entity_id} | address,
            "payment": _payment(entity_id, total, shipping), "status_histories": [],
            "extension_attributes": _extension(entity_id, address, shipping, items),
        }
    )  # fmt: skip


def _items(
    entity_id: int, store_id: int, lines: Sequence[Line], reduction: Reduction | None, told: str, *, configurable: bool
) -> list[Body]:
    items: list[Body] = []
    offs = reduction.lines if reduction else (ZERO,) * len(lines)
    step = 2 if configurable else 1
    for place, (line, off) in enumerate(zip(lines, offs, strict=True)):
        number_of_item = entity_id * 100 + place * step
        bought = _item(number_of_item, (entity_id, store_id), line, off, told)
        if reduction:
            bought["applied_rule_ids"] = str(reduction.rule_id)
        if configurable:
            chosen = {"configurable_item_options": [{"option_id": "137", "option_value": 5}]}
            bought |= {"product_type": "configurable", "product_option": {"extension_attributes": chosen}}
        items.append(in_order(bought))
        if configurable:
            # the variant stands below it with the same sku, costs nothing, and carries a copy of its parent
            inner = _item(number_of_item + 1, (entity_id, store_id), _free(line), ZERO, told)
            inner = {name: value for name, value in inner.items() if name not in NOT_OF_VARIANTS}
            items.append(in_order(inner | {"parent_item_id": number_of_item, "parent_item": dict(items[-1])}))
    return items


def _free(line: Line) -> Line:
    return Line(title=line.title, price=ZERO, quantity=line.quantity, product_id=line.product_id)


def _item(item_id: int, order: tuple[int, int], line: Line, off: Decimal, told: str) -> Body:
    entity_id, store_id = order
    amounts = twice(
        {
            "amount_refunded": ZERO, "discount_amount": off, "discount_invoiced": ZERO, "original_price": line.price,
            "discount_tax_compensation_amount": ZERO, "price": line.price, "price_incl_tax": line.price,
            "row_invoiced": ZERO, "row_total": line.total - off, "row_total_incl_tax": line.total - off,
            "tax_amount": ZERO, "tax_invoiced": ZERO,
        }
    )  # fmt: skip
    percent = off * 100 / line.total if line.total else ZERO
    return amounts | {
        "created_at": told, "updated_at": told, "discount_percent": number(round(percent, 4)), "free_shipping": 0,
        "is_qty_decimal": 0, "is_virtual": 0, "item_id": item_id, "name": line.title, "no_discount": 0,
        "order_id": entity_id, "product_id": line.product_id or 0,
        "product_type": "giftcard" if line.gift_card else "simple", "qty_canceled": 0, "qty_invoiced": 0,
        "qty_ordered": line.quantity, "qty_refunded": 0, "qty_shipped": 0, "quote_item_id": item_id,
        "row_weight": line.quantity, "sku": f"SKU-{line.product_id or 0}", "store_id": store_id, "tax_percent": 0,
        "weight": 1,
    }  # fmt: skip


def _payment(entity_id: int, total: Decimal, shipping: Decimal) -> Body:
    amounts = twice({"amount_ordered": total, "shipping_amount": shipping})
    # two of the few fields that come as null
    return {"account_status": None, "additional_information": ["Check / Money order"], "cc_last4": None} | amounts | {
        "entity_id": entity_id, "method": "checkmo", "parent_id": entity_id,
    }  # fmt: skip


def _extension(entity_id: int, address: Body, shipping: Decimal, items: list[Body]) -> Body:
    place = {"address_type": "shipping", "entity_id": 2 * entity_id - 1, "parent_id": entity_id} | address
    total = twice(
        {
            "shipping_amount": shipping, "shipping_incl_tax": shipping, "shipping_tax_amount": ZERO,
            "shipping_discount_amount": ZERO,
        }
    ) | {"base_shipping_discount_tax_compensation_amnt": 0, "shipping_discount_tax_compensation_amount": 0}  # fmt: skip
    return {
        "shipping_assignments": [
            {"shipping": {"address": place, "method": SHIPPED_BY, "total": total}, "items": items}
        ],
        "payment_additional_info": [{"key": "method_title", "value": "Check / Money order"}],
        "applied_taxes": [],
        "item_applied_taxes": [],
    }
