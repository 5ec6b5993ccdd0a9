"""A discount's terms: as they were asked for, and as the store shows them now."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from plugin.platforms import shape
from plugin.platforms.protocol import DiscountSpec, InDoubt
from plugin.platforms.shopify import discount_input
from plugin.platforms.shopify.ids import number_of
from plugin.platforms.terms import Terms
from storage.money import to_minor


def asked(spec: DiscountSpec) -> Terms:
    """What the store shows of a discount that nobody has touched since it was made of ``spec``."""
    return Terms(
        type={"gift": "fixed"}.get(spec.type, spec.type),
        percent=spec.percent if spec.type == "percent" else 0,
        amount=0 if spec.type == "percent" else spec.amount,
        minimum=discount_input.minimum(spec),
        customers=() if spec.pool else (spec.customer_id,),
        products=tuple(sorted(spec.products)) if spec.type != "shipping" else (),
        collections=tuple(sorted(spec.collections)) if spec.type != "shipping" and not spec.products else (),
        combines=tuple(sorted(discount_input.combined(spec))),
        uses=1,
        once_per_customer=True,
        starts_at=_seconds(spec.starts_at),
        ends_at=_seconds(spec.ends_at),
    )


def read(discount: Mapping[str, Any], currency: str) -> Terms | None:
    """The terms of a listed discount; None for what cannot be compared. Raises InDoubt for an answer of another shape."""
    shipping = discount.get("__typename") == "DiscountCodeFreeShipping"
    gets = {} if shipping else shape.mapping(discount.get("customerGets"), "benefit")
    value = {} if shipping else shape.mapping(gets.get("value"), "value")
    items = {} if shipping else shape.mapping(gets.get("items"), "items")
    kind = "shipping" if shipping else KINDS.get(str(value.get("__typename")))
    products, collections = _ids(items, "products"), _ids(items, "collections")
    context = shape.mapping(discount.get("context"), "buyers")
    if kind is None or products is None or collections is None:
        return None
    together = shape.mapping(discount.get("combinesWith"), "combinations")
    ends_at, limit = discount.get("endsAt"), discount.get("usageLimit")
    return Terms(
        type=kind,
        percent=_percent(value.get("percentage")) if kind == "percent" else 0,
        amount=_money(discount.get("maximumShippingPrice") if shipping else value.get("amount"), currency),
        minimum=_minimum(discount.get("minimumRequirement"), currency),
        customers=_numbers(context.get("customers", [])),
        products=products,
        collections=collections,
        combines=tuple(sorted(name for name, theirs in discount_input.KINDS.items() if together.get(theirs) is True)),
        uses=None if limit is None else shape.count(limit, "uses"),
        once_per_customer=shape.flag(discount.get("appliesOncePerCustomer"), "once per customer"),
        starts_at=_seconds(shape.moment(discount.get("startsAt"), "start")),
        ends_at=None if ends_at is None else _seconds(shape.moment(ends_at, "end")),
    )


#: Shopify's name of a value -> our name of the benefit
KINDS = {"DiscountPercentage": "percent", "DiscountAmount": "fixed"}


def _ids(items: Mapping[str, Any], name: str) -> tuple[str, ...] | None:
    """The products or collections; None for a list longer than was asked for."""
    if name not in items:
        return ()
    listed = shape.mapping(items[name], name)
    if shape.flag(shape.mapping(listed.get("pageInfo"), "page").get("hasNextPage"), "page"):
        return None
    return _numbers(listed.get("nodes"))


def _numbers(nodes: Any) -> tuple[str, ...]:
    return tuple(sorted(number_of(shape.text(node.get("id"), "id")) for node in shape.items(nodes, "ids")))


def _percent(fraction: Any) -> int:
    if isinstance(fraction, bool) or not isinstance(fraction, int | float | Decimal):
        raise InDoubt("the answer's percentage is no number")
    return round(float(fraction) * 100)


def _minimum(requirement: Any, currency: str) -> int:
    if requirement is None:
        return 0
    return _money(shape.mapping(requirement, "minimum").get("greaterThanOrEqualToSubtotal"), currency)


def _money(money: Any, currency: str) -> int:
    if money is None:
        return 0
    held = shape.mapping(money, "money")
    try:
        return to_minor(Decimal(shape.text(held.get("amount"), "amount")), currency)
    except (InvalidOperation, ValueError):
        raise InDoubt("the answer's amount is none") from None


def _seconds(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(microsecond=0)
