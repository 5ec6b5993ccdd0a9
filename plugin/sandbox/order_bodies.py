"""The REST-shaped body of an order; the store keeps an order as this body."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from plugin.sandbox.bodies import Body, ShopFacts, address, money_set
from plugin.sandbox.cash import rounded
from plugin.sandbox.times import with_offset

#: the number on the store's first order
FIRST_NUMBER = 1001


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """What a visitor buys of one product; ``price`` is of one piece, before discounts."""

    title: str
    price: Decimal
    quantity: int = 1
    product_id: int | None = 8_100_000_000_001
    gift_card: bool = False
    #: the collections that the product is in
    collections: tuple[int, ...] = ()

    @property
    def total(self) -> Decimal:
        """The line's price before discounts."""
        return self.price * self.quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A discount taken off an order."""

    code: str
    #: off each line, and off the shipping
    lines: tuple[Decimal, ...]
    shipping: Decimal
    #: ``percentage``, ``fixed_amount`` or ``shipping``, with its value as REST writes it
    kind: str
    value: str
    #: only some of the lines
    chosen: bool = False

    @property
    def off(self) -> Decimal:
        """All of it."""
        return sum(self.lines, self.shipping)


def order_body(
    *,
    shop: ShopFacts,
    order_id: int,
    number: int,
    at: datetime,
    customer: Body | None,
    lines: Sequence[Line],
    taken: Taken | None,
    shipping: Decimal = Decimal(0),
    test: bool,
) -> Body:
    """A new, paid order as in ``orders/*``."""
    subtotal = sum((line.total for line in lines), Decimal(0))
    shares = taken.lines if taken else (rounded(Decimal(0), shop.currency),) * len(lines)
    shipping_off = taken.shipping if taken else Decimal(0)
    return {
        **_names(order_id, number),
        **_state(with_offset(at, shop.zone), test=test),
        **_buyer(customer),
        **_totals(
            subtotal=subtotal,
            off=sum(shares, Decimal(0)),
            shipping=shipping,
            shipping_off=shipping_off,
            currency=shop.currency,
        ),
        "currency": shop.currency,
        "presentment_currency": shop.currency,
        "discount_codes": _discount_codes(taken),
        "discount_applications": _applications(taken),
        "line_items": [
            _line_item(order_id * 10 + place, line, share, shop.currency)
            for place, (line, share) in enumerate(zip(lines, shares, strict=True))
        ],
        "shipping_lines": _shipping_lines(order_id, shipping, shipping_off, shop.currency),
        "refunds": [],
    }


def _names(order_id: int, number: int) -> Body:
    token = f"{order_id:032x}"
    return {
        "id": order_id,
        "admin_graphql_api_id": f"gid://shopify/Order/{order_id}",
        "app_id": 580111,
        "cart_token": f"c1-{token}",
        "checkout_token": token,
        "confirmation_number": f"R{number:08X}",
        "name": f"#{number}",
        "number": number - FIRST_NUMBER + 1,
        "order_number": number,
        "token": token,
    }


def _state(moment: str, *, test: bool) -> Body:
    times = dict.fromkeys(("created_at", "processed_at", "updated_at"), moment)
    empty = (
        "browser_ip", "cancel_reason", "cancelled_at", "closed_at", "device_id", "fulfillment_status", "location_id",
        "merchant_of_record_app_id", "note", "payment_terms", "po_number", "reference", "source_identifier", "source_url",
        "user_id",
    )  # fmt: skip
    lists = ("fulfillments", "line_item_groups", "note_attributes", "returns", "tax_lines")
    return {
        **times,
        **dict.fromkeys(empty),
        **{name: [] for name in lists},
        "confirmed": True,
        "estimated_taxes": False,
        "financial_status": "paid",
        "payment_gateway_names": ["bogus" if test else "sandbox_payments"],
        "source_name": "web",
        "tags": "",
        "tax_exempt": False,
        "taxes_included": False,
        "test": test,
        "total_weight": 0,
    }


def _buyer(customer: Body | None) -> Body:
    email = customer["email"] if customer else None
    home = address(customer) if customer else None
    inside = {key: value for key, value in customer.items() if key != "addresses"} if customer else None
    return {
        "billing_address": home,
        "buyer_accepts_marketing": False,
        "contact_email": email,
        "customer": inside,
        "customer_locale": "en",
        "email": email,
        "phone": None,
        "shipping_address": home,
    }


def _totals(*, subtotal: Decimal, off: Decimal, shipping: Decimal, shipping_off: Decimal, currency: str) -> Body:
    nothing = rounded(Decimal(0), currency)
    total = subtotal - off + shipping - shipping_off
    body: Body = {"total_outstanding": str(nothing), "total_tip_received": str(nothing)}
    amounts = {
        "total_line_items_price": subtotal,
        "total_discounts": off + shipping_off,
        "subtotal_price": subtotal - off,
        "total_price": total,
        "total_tax": nothing,
        "current_total_discounts": off + shipping_off,
        "current_subtotal_price": subtotal - off,
        "current_total_price": total,
        "current_total_tax": nothing,
    }
    for name, value in amounts.items():
        body[name] = str(rounded(value, currency))
        body[f"{name}_set"] = money_set(rounded(value, currency), currency)
    for name in ("total_shipping_price", "current_shipping_price"):
        body[f"{name}_set"] = money_set(rounded(shipping, currency), currency)
    body["total_cash_rounding_payment_adjustment_set"] = money_set(nothing, currency)
    for name in ("current_total_duties", "original_total_duties", "original_total_additional_fees"):
        body[f"{name}_set"] = None
    return body


def _discount_codes(taken: Taken | None) -> list[Body]:
    return [{"code": taken.code, "amount": str(taken.off), "type": taken.kind}] if taken else []


def _applications(taken: Taken | None) -> list[Body]:
    if taken is None:
        return []
    how = {
        "target_type": "shipping_line" if taken.kind == "shipping" else "line_item",
        "target_selection": "entitled" if taken.chosen else "all",
        "allocation_method": "across",
    }
    if taken.kind == "shipping":
        return [{"type": "discount_code", "code": taken.code, "value": taken.value, "value_type": "percentage"} | how]
    return [{"type": "discount_code", "code": taken.code, "value": taken.value, "value_type": taken.kind} | how]


def _shipping_lines(order_id: int, price: Decimal, off: Decimal, currency: str) -> list[Body]:
    if not price:
        return []
    money, left = rounded(price, currency), rounded(price - off, currency)
    share = {"amount": str(off), "amount_set": money_set(off, currency), "discount_application_index": 0}
    return [
        {
            "id": order_id * 10 + 9,
            "code": "standard",
            "title": "Standard",
            "source": "shopify",
            "carrier_identifier": None,
            "is_removed": False,
            "phone": None,
            "price": str(money),
            "price_set": money_set(money, currency),
            "discounted_price": str(left),
            "discounted_price_set": money_set(left, currency),
            "discount_allocations": [share] if off else [],
            "tax_lines": [],
        }
    ]


def _line_item(line_id: int, line: Line, off: Decimal, currency: str) -> Body:
    nothing = rounded(Decimal(0), currency)
    allocations = [{"amount": str(off), "amount_set": money_set(off, currency), "discount_application_index": 0}]
    return {
        "id": line_id,
        "admin_graphql_api_id": f"gid://shopify/LineItem/{line_id}",
        "attributed_staffs": [],
        "current_quantity": line.quantity,
        "discount_allocations": allocations if off else [],
        "duties": [],
        "fulfillable_quantity": line.quantity,
        "fulfillment_service": "manual",
        "fulfillment_status": None,
        "gift_card": line.gift_card,
        "grams": 0,
        "name": line.title,
        "price": str(line.price),
        "price_set": money_set(line.price, currency),
        "product_exists": line.product_id is not None,
        "product_id": line.product_id,
        "properties": [],
        "quantity": line.quantity,
        "requires_shipping": not line.gift_card,
        "sales_line_item_group_id": None,
        "sku": f"SB-{line.product_id}" if line.product_id else None,
        "tax_lines": [],
        "taxable": True,
        "title": line.title,
        "total_discount": str(nothing),
        "total_discount_set": money_set(nothing, currency),
        "variant_id": line.product_id + 1_000_000 if line.product_id else None,
        "variant_inventory_management": None,
        "variant_title": None,
        "vendor": "Sandbox",
    }
