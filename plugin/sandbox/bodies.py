"""The REST-shaped bodies of customers and of the store itself, as webhooks carry them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from plugin.sandbox.times import with_offset

Body = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShopFacts:
    """What the store is."""

    domain: str
    name: str
    currency: str
    timezone: str

    @property
    def zone(self) -> ZoneInfo:
        """The store's own time zone."""
        return ZoneInfo(self.timezone)

    @property
    def shop_id(self) -> int:
        """A number that is the same for the same domain."""
        return 60_000_000_000 + int.from_bytes(self.domain.encode()[:4], "big")


def money_set(amount: Decimal, currency: str) -> Body:
    """An amount in the shop's and in the buyer's currency, which are one here."""
    money = {"amount": str(amount), "currency_code": currency}
    return {"shop_money": money, "presentment_money": dict(money)}


def customer_body(row: Mapping[str, Any], shop: ShopFacts, at: Mapping[str, datetime]) -> Body:
    """A customer as in ``customers/*``; ``at`` has ``created_at`` and ``updated_at``."""
    body: Body = {
        "id": row["id"],
        "created_at": with_offset(at["created_at"], shop.zone),
        "updated_at": with_offset(at["updated_at"], shop.zone),
        "first_name": row["first_name"],
        "last_name": row["last_name"],
        "state": "enabled",
        "note": None,
        "verified_email": True,
        "multipass_identifier": None,
        "tax_exempt": False,
        "email": row["email"],
        "phone": None,
        "currency": shop.currency,
        "tax_exemptions": [],
        "admin_graphql_api_id": f"gid://shopify/Customer/{row['id']}",
    }
    return body | {"addresses": [address(row)], "default_address": address(row)}


def shop_body(shop: ShopFacts, at: datetime) -> Body:
    """The store itself, as in ``shop/update`` and ``app/uninstalled``."""
    return {
        "id": shop.shop_id,
        "name": shop.name,
        "email": f"owner@{shop.domain}",
        "domain": shop.domain,
        "myshopify_domain": shop.domain,
        "currency": shop.currency,
        "iana_timezone": shop.timezone,
        "timezone": shop.timezone,
        "plan_name": "basic",
        "plan_display_name": "Basic",
        "country_code": "US",
        "primary_locale": "en",
        "enabled_presentment_currencies": [shop.currency],
        "created_at": with_offset(at, shop.zone),
        "updated_at": with_offset(at, shop.zone),
    }


def address(customer: Mapping[str, Any]) -> Body:
    """Where a customer lives; everybody lives in the same street."""
    return {
        "first_name": customer["first_name"],
        "last_name": customer["last_name"],
        "address1": "1 Sandbox Street",
        "address2": None,
        "city": "Springfield",
        "province": "Illinois",
        "country": "United States",
        "zip": "62701",
        "phone": None,
        "company": None,
        "name": f"{customer['first_name']} {customer['last_name']}".strip(),
        "country_code": "US",
        "province_code": "IL",
    }
