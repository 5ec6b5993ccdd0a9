"""What a discount is asked for with: the variables of the documents that create one."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from plugin.platforms.protocol import MARK, DiscountSpec
from plugin.platforms.shopify.ids import to_gid
from storage.money import to_decimal_text

#: our word for a kind of discounts -> Shopify's
KINDS = {"order": "orderDiscounts", "product": "productDiscounts", "shipping": "shippingDiscounts"}


def create_variables(spec: DiscountSpec) -> dict[str, Any]:
    """What CREATE_DISCOUNT, or CREATE_FREE_SHIPPING, is sent with: one customer, one use, an end, marked as ours.

    Raises ValueError for a spec that cannot be meant.
    """
    _check(spec)
    discount: dict[str, Any] = {
        "title": spec.title,
        "code": spec.code,
        "startsAt": instant(spec.starts_at),
        "endsAt": instant(spec.ends_at),
        "context": {"all": "ALL"} if spec.pool else {"customers": {"add": [to_gid("Customer", spec.customer_id)]}},
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "combinesWith": {name: kind in combined(spec) for kind, name in KINDS.items()},
        "tags": [spec.tag, MARK],
    }
    if minimum(spec) > 0:
        text = to_decimal_text(spec.minimum, spec.currency)
        discount["minimumRequirement"] = {"subtotal": {"greaterThanOrEqualToSubtotal": text}}
    if spec.type == "shipping":
        at_most = {"maximumShippingPrice": to_decimal_text(spec.amount, spec.currency)} if spec.amount else {}
        return {"discount": discount | {"destination": {"all": True}} | at_most}
    return {"discount": discount | {"customerGets": {"value": _value(spec), "items": _items(spec)}}}


def minimum(spec: DiscountSpec) -> int:
    """The smallest order that is asked for; Shopify reckons it on the chosen products alone, so a gift has none."""
    return 0 if spec.type == "gift" else spec.minimum


def combined(spec: DiscountSpec) -> frozenset[str]:
    """The kinds of discounts that it may stand beside; Shopify never combines shipping with shipping."""
    return frozenset(spec.combines) - ({"shipping"} if spec.type == "shipping" else set())


def instant(moment: datetime) -> str:
    """An instant as Shopify reads it. Raises ValueError for a time without a zone."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _check(spec: DiscountSpec) -> None:
    if spec.ends_at <= spec.starts_at:
        raise ValueError("a discount ends after it starts")
    if spec.type == "percent" and not 1 <= spec.percent <= 100:
        raise ValueError("a discount takes off 1 to 100 percent")
    if spec.type in {"fixed", "gift"} and spec.amount < 1:
        raise ValueError("an amount that is taken off is more than nothing")
    if spec.type == "gift" and len(spec.products) != 1:
        raise ValueError("a gift is one product")
    if spec.type not in {"percent", "fixed", "gift", "shipping"} or not set(spec.combines) <= KINDS.keys():
        raise ValueError(f"no such discount: {spec.type!r}, combined with {sorted(spec.combines)}")


def _value(spec: DiscountSpec) -> dict[str, Any]:
    if spec.type == "percent":
        return {"percentage": spec.percent / 100}
    # off the gift's price once, however many pieces lie in the basket
    amount = to_decimal_text(spec.amount, spec.currency)
    return {"discountAmount": {"amount": amount, "appliesOnEachItem": False}}


def _items(spec: DiscountSpec) -> dict[str, Any]:
    if spec.products:
        return {"products": {"productsToAdd": [to_gid("Product", one) for one in spec.products]}}
    if spec.collections:
        return {"collections": {"add": [to_gid("Collection", one) for one in spec.collections]}}
    return {"all": True}
