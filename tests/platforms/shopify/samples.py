"""A store, a discount and an order, as the tests ask for them and as Shopify answers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from plugin.platforms.protocol import DiscountSpec

SHOP = "corner-records.myshopify.com"
TOKEN = "shpat_never_to_be_seen"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

SPEC = DiscountSpec(
    code="BACK-0123456789ABCDEF",
    title="Regulars win-back",
    tag="offer-1",
    customer_id="7100000000001",
    percent=15,
    minimum=2500,
    currency="USD",
    starts_at=NOW,
    ends_at=datetime(2026, 12, 6, 12, 0, tzinfo=UTC),
)

#: one of each kind that can be asked for
BENEFITS = (
    replace(SPEC, type="fixed", percent=0, amount=500),
    replace(SPEC, type="fixed", percent=0, amount=500, collections=("8300000000001",)),
    replace(SPEC, type="gift", percent=100, amount=1800, minimum=0, products=("8100000000011",)),
    replace(SPEC, type="shipping", percent=0, amount=900, combines=("product", "order")),
    replace(SPEC, type="shipping", percent=0, amount=0, minimum=0),
    replace(SPEC, products=("8100000000012", "8100000000011"), combines=("shipping",)),
)


def node(**discount: Any) -> dict[str, Any]:
    """A discount of ours as Shopify shows it."""
    shown = {
        "__typename": "DiscountCodeBasic",
        "status": "ACTIVE",
        "tags": ["offer-1", "regulars"],
        "asyncUsageCount": 0,
        "codes": {"nodes": [{"code": SPEC.code}]},
        **discount,
    }
    return {"id": "gid://shopify/DiscountCodeNode/5", "codeDiscount": shown}


def created(**payload: Any) -> dict[str, Any]:
    """The whole answer to a create."""
    return {"data": {"discountCodeBasicCreate": {"codeDiscountNode": node(), "userErrors": [], **payload}}}


def refused(*codes: str | None) -> dict[str, Any]:
    """A create that the store did not do, and why."""
    errors = [{"field": ["basicCodeDiscount", "code"], "code": code, "message": f"No: {code}"} for code in codes]
    return created(codeDiscountNode=None, userErrors=errors)


def failed(code: str | None, *, path: list[str] | None = None, data: Any = None, cost: Any = None) -> dict[str, Any]:
    """An answer with one error at the top."""
    error = {
        "message": "A sentence.",
        **({"extensions": {"code": code}} if code else {}),
        **({"path": path} if path else {}),
    }
    return {"data": data, "errors": [error], **({"extensions": {"cost": cost}} if cost else {})}


def throttled(*, requested: Any, available: Any, rate: Any) -> dict[str, Any]:
    """The answer of a store whose bucket is empty."""
    status = {"maximumAvailable": 2000, "currentlyAvailable": available, "restoreRate": rate}
    return failed("THROTTLED", cost={"requestedQueryCost": requested, "throttleStatus": status})
