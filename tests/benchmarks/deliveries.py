"""Signed deliveries of orders as a busy store sends them: about 12 kB each, every one different, cheap to make.

Nothing may be recognised as already known, so each body has an order of its own. Its number, and the time, which goes on
from order to order, stand at the end of the body, so that the signature of the long common part is reckoned once.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

SHOP = "busy.example.com"
TOPIC = "orders/create"
PATH = f"/webhooks/shopify/{TOPIC}"
LINES_PER_ORDER = 5
#: different orders, repeated with other numbers
TEMPLATES = 50
#: when all orders are placed, and how many in one second
DAY = "2026-11-27"
PER_SECOND = 100
FIRST_SECOND = 9 * 3600 + 15 * 60 + 31
#: stands for the time until there is one
LATER = "0000-00-00T00:00:00-00:00"
FIRST_ORDER = 5_000_000_000_000
FIRST_CUSTOMER = 7_000_000_000_000


@dataclass(frozen=True, slots=True)
class Template:
    """The common start of some deliveries, with its half-made signature, and the customer, who was changed LATER."""

    start: bytes
    signature: hmac.HMAC
    customer: str


def numbered(secret: str, *, run: str, host: str, customers: int = TEMPLATES, day: str = DAY) -> Iterator[bytes]:
    """Endless HTTP requests with the delivery ids ``run-0``, ``run-1``, … and orders that nobody else numbers so.

    So many ``customers`` take turns, and all buy on one ``day`` (ISO 8601).
    """
    templates = [_template(number, secret, day) for number in range(customers)]
    offset = FIRST_ORDER + int(hashlib.sha256(run.encode()).hexdigest()[:9], 16) * 100_000_000
    number = 0
    while True:
        template = templates[number % customers]
        order, at = offset + number, _time(day, number // PER_SECOND)
        customer = template.customer.replace(LATER, at)
        tail = f'"customer":{customer},"id":{order},"name":"#{order}","updated_at":"{at}"}}'.encode()
        signature = template.signature.copy()
        signature.update(tail)
        signed = b64encode(signature.digest()).decode()
        yield _head(f"{run}-{number}", signed, len(template.start) + len(tail), host) + template.start + tail
        number += 1


def body(number: int, *, customers: int) -> bytes:
    """The payload of one order with a number of its own, the customers taking turns."""
    told = _order(number % TEMPLATES) | {"id": FIRST_ORDER + number, "name": f"#{FIRST_ORDER + number}"}
    told["customer"] = _person(number % customers)
    told["updated_at"] = "2026-11-27T09:15:31-05:00"
    return _written(told).encode()


def _head(delivery: str, signed: str, length: int, host: str) -> bytes:
    return (
        f"POST {PATH} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: Shopify-Captain-Hook\r\nContent-Type: application/json\r\n"
        f"X-Shopify-Topic: {TOPIC}\r\nX-Shopify-Hmac-Sha256: {signed}\r\nX-Shopify-Shop-Domain: {SHOP}\r\n"
        f"X-Shopify-API-Version: 2026-10\r\nX-Shopify-Webhook-Id: {delivery}\r\nX-Shopify-Event-Id: event-{delivery}\r\n"
        f"X-Shopify-Triggered-At: 2026-11-27T14:15:31.123456789Z\r\nContent-Length: {length}\r\n\r\n"
    ).encode()


@lru_cache
def _time(day: str, second: int) -> str:
    minutes, seconds = divmod(FIRST_SECOND + second, 60)
    return f"{day}T{minutes // 60 % 24:02d}:{minutes % 60:02d}:{seconds:02d}-05:00"


def _template(number: int, secret: str, day: str) -> Template:
    order = _order(number)
    customer = order.pop("customer") | {"updated_at": LATER}
    start = _written(order).replace(DAY, day).encode()[:-1] + b","
    return Template(start, hmac.new(secret.encode(), start, hashlib.sha256), _written(customer).replace(DAY, day))


def _written(payload: dict[str, Any]) -> str:
    return json.dumps(payload, separators=(",", ":"))


def _order(number: int) -> dict[str, Any]:
    """An order as Shopify writes one, without the three fields that make it unique."""
    cents = [1_900 + 137 * ((number * 7 + line) % 40) for line in range(LINES_PER_ORDER)]
    total = sum(cents)
    person = _person(number)
    return {
        "admin_graphql_api_id": f"gid://shopify/Order/{number}", "app_id": 580111, "browser_ip": "192.0.2.17",
        "buyer_accepts_marketing": True, "cancel_reason": None, "cancelled_at": None, "cart_token": f"c1-{number:032x}",
        "checkout_token": f"{number:032x}", "closed_at": None, "confirmation_number": f"KX{number:07d}", "confirmed": True,
        "contact_email": person["email"], "created_at": "2026-11-27T09:15:30-05:00", "currency": "USD",
        "current_subtotal_price": _text(total), "current_subtotal_price_set": _both(total),
        "current_total_discounts": "0.00", "current_total_discounts_set": _both(0), "current_total_duties_set": None,
        "current_total_price": _text(total), "current_total_price_set": _both(total), "current_total_tax": "0.00",
        "current_total_tax_set": _both(0), "customer_locale": "en-US", "device_id": None, "discount_codes": [],
        "email": person["email"], "estimated_taxes": False, "financial_status": "paid", "fulfillment_status": None,
        "landing_site": "/collections/all?utm_source=newsletter&utm_campaign=friday", "location_id": None,
        "note": None, "note_attributes": [], "number": number, "order_number": 1000 + number,
        "order_status_url": f"https://{SHOP}/0/orders/{number:032x}/authenticate?key={number:032x}",
        "payment_gateway_names": ["shopify_payments"], "phone": None, "presentment_currency": "USD",
        "processed_at": "2026-11-27T09:15:29-05:00", "referring_site": f"https://{SHOP}/", "source_name": "web",
        "subtotal_price": _text(total), "subtotal_price_set": _both(total), "tags": "", "tax_exempt": False, "tax_lines": [],
        "taxes_included": False, "test": False, "token": f"{number:032x}", "total_discounts": "0.00",
        "total_discounts_set": _both(0), "total_line_items_price": _text(total), "total_line_items_price_set": _both(total),
        "total_outstanding": "0.00", "total_price": _text(total), "total_price_set": _both(total),
        "total_shipping_price_set": _both(0), "total_tax": "0.00", "total_tax_set": _both(0), "total_tip_received": "0.00",
        "total_weight": 1800, "billing_address": _address(number), "shipping_address": _address(number), "customer": person,
        "discount_applications": [], "fulfillments": [], "payment_terms": None, "refunds": [], "shipping_lines": [],
        "line_items": [_line(number * LINES_PER_ORDER + line, price) for line, price in enumerate(cents)],
    }  # fmt: skip


def _person(number: int) -> dict[str, Any]:
    return {
        "id": FIRST_CUSTOMER + number, "email": f"person.{number}@example.com", "created_at": "2025-03-04T11:20:00-05:00",
        "updated_at": "2026-11-27T09:15:30-05:00", "first_name": "Pat", "last_name": f"Example {number}", "state": "disabled",
        "note": None, "verified_email": True, "multipass_identifier": None, "tax_exempt": False, "phone": None,
        "currency": "USD", "tax_exemptions": [], "admin_graphql_api_id": f"gid://shopify/Customer/{number}",
        "default_address": _address(number),
    }  # fmt: skip


def _address(number: int) -> dict[str, Any]:
    return {
        "first_name": "Pat", "last_name": f"Example {number}", "address1": f"{number} Chestnut Street", "address2": None,
        "phone": "555-0100", "city": "Springfield", "zip": "40202", "province": "Kentucky", "country": "United States",
        "company": None, "latitude": 38.25, "longitude": -85.76, "name": f"Pat Example {number}", "country_code": "US",
        "province_code": "KY",
    }  # fmt: skip


def _line(number: int, cents: int) -> dict[str, Any]:
    return {
        "id": 9_000_000_000_000 + number, "admin_graphql_api_id": f"gid://shopify/LineItem/{number}", "attributed_staffs": [],
        "current_quantity": 1, "fulfillable_quantity": 1, "fulfillment_service": "manual", "fulfillment_status": None,
        "gift_card": False, "grams": 360, "name": f"Sturdy canvas bag, size {number % 9}, natural colour", "price": _text(cents),
        "price_set": _both(cents), "product_exists": True, "product_id": 8_000_000_000_000 + number % 997, "quantity": 1,
        "properties": [{"name": "Engraving", "value": "none"}], "requires_shipping": True, "sku": f"BAG-{number % 997:05d}",
        "taxable": True, "title": "Sturdy canvas bag", "total_discount": "0.00", "total_discount_set": _both(0),
        "variant_id": 6_000_000_000_000 + number % 997, "variant_inventory_management": "shopify", "variant_title": "natural",
        "vendor": "Example Outfitters", "tax_lines": [], "duties": [], "discount_allocations": [],
        "origin_location": _address(number % 7), "pre_tax_price": _text(cents), "pre_tax_price_set": _both(cents),
        "destination": {"city": "Springfield", "country_code": "US", "zip": "40202"},
    }  # fmt: skip


def _text(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02d}"


def _both(cents: int) -> dict[str, Any]:
    money = {"amount": _text(cents), "currency_code": "USD"}
    return {"shop_money": money, "presentment_money": money}
