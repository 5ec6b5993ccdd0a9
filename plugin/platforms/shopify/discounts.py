"""Discount codes in a Shopify store: put in, look up, switch off.

The code's name is unique in a store and its look-up knows no case; that makes it the key under which a thing happens
once. A discount is switched off, never deleted: deleting would free the name for a create that is still on its way.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from plugin.platforms.protocol import DiscountSpec, InDoubt, Rejected, StoredDiscount, Taken
from plugin.platforms.shopify import shape
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.documents import CREATE_DISCOUNT, DEACTIVATE_DISCOUNT, FIND_DISCOUNT
from plugin.platforms.shopify.ids import to_gid
from storage.money import to_decimal_text

LIVE_STATUSES = frozenset({"ACTIVE", "SCHEDULED"})
STATUSES = LIVE_STATUSES | {"EXPIRED"}


def create(client: AdminClient, spec: DiscountSpec) -> StoredDiscount:
    """Puts the code into the store. Raises Taken, Rejected with Shopify's code, or another PlatformError.

    Raises ValueError for a spec that cannot be meant: no percentage, an end before its start, an id that is none.
    """
    answer = client.run(CREATE_DISCOUNT, create_variables(spec))
    payload = shape.mapping(answer.root("discountCodeBasicCreate"), "payload")
    _check_user_errors(payload)
    if payload.get("codeDiscountNode") is None:
        raise InDoubt("the store named neither a discount nor a reason")
    return _stored(payload["codeDiscountNode"], asked=spec.code)


def find(client: AdminClient, code: str) -> StoredDiscount | None:
    """The discount with this code, whoever made it and of whatever kind; None when the store says that there is none."""
    node = client.run(FIND_DISCOUNT, {"code": code}).root("codeDiscountNodeByCode")
    return None if node is None else _stored(node, asked=code)


def deactivate(client: AdminClient, ref: str) -> None:
    """Switches the discount off; returning means that the store showed it off. Raises PlatformError."""
    answer = client.run(DEACTIVATE_DISCOUNT, {"id": ref})
    payload = shape.mapping(answer.root("discountCodeDeactivate"), "payload")
    _check_user_errors(payload)
    node = shape.mapping(payload.get("codeDiscountNode"), "discount")
    if _status(node) in LIVE_STATUSES:
        raise InDoubt("the store still shows the discount as live")


def create_variables(spec: DiscountSpec) -> dict[str, Any]:
    """What CREATE_DISCOUNT is sent with: one customer, one use, an end, alone, marked as ours."""
    if not 1 <= spec.percent <= 100 or spec.ends_at <= spec.starts_at:
        raise ValueError("a discount takes off 1 to 100 percent and ends after it starts")
    discount: dict[str, Any] = {
        "title": spec.title,
        "code": spec.code,
        "startsAt": _instant(spec.starts_at),
        "endsAt": _instant(spec.ends_at),
        "context": {"customers": {"add": [to_gid("Customer", spec.customer_id)]}},
        "customerGets": {"value": {"percentage": spec.percent / 100}, "items": {"all": True}},
        "usageLimit": 1,
        "appliesOncePerCustomer": True,
        "combinesWith": {"orderDiscounts": False, "productDiscounts": False, "shippingDiscounts": False},
        "tags": [spec.tag],
    }
    if spec.minimum > 0:
        minimum = to_decimal_text(spec.minimum, spec.currency)
        discount["minimumRequirement"] = {"subtotal": {"greaterThanOrEqualToSubtotal": minimum}}
    return {"discount": discount}


def _check_user_errors(payload: dict[str, Any]) -> None:
    errors = shape.items(payload.get("userErrors"), "list of errors")
    codes = [error.get("code") for error in errors]
    if "TAKEN" in codes:
        raise Taken("the store has this code already")
    if "INTERNAL_ERROR" in codes:
        raise InDoubt("the store failed inside (INTERNAL_ERROR)")
    if errors:
        code = codes[0] if isinstance(codes[0], str) else "UNKNOWN"
        raise Rejected(str(errors[0].get("message", ""))[:300], code=code)


def _stored(value: Any, *, asked: str) -> StoredDiscount:
    node = shape.mapping(value, "discount")
    discount = shape.mapping(node.get("codeDiscount"), "discount")
    return StoredDiscount(
        ref=shape.text(node.get("id"), "discount's id"),
        code=_code(discount, asked),
        tags=shape.texts(discount.get("tags"), "tags"),
        live=_status(node) in LIVE_STATUSES,
        usage_count=shape.count(discount.get("asyncUsageCount"), "usage count"),
    )


def _status(node: dict[str, Any]) -> str:
    status = shape.text(shape.mapping(node.get("codeDiscount"), "discount").get("status"), "status")
    if status not in STATUSES:
        raise InDoubt("the answer's status is not one of Shopify's")
    return status


def _code(discount: dict[str, Any], asked: str) -> str:
    """The code as the store spells it. A discount with many codes shows another one first: then as it was asked for."""
    nodes = shape.items(shape.mapping(discount.get("codes", {}), "codes").get("nodes", []), "codes")
    shown = [shape.text(node.get("code"), "code") for node in nodes]
    return next((code for code in shown if code.upper() == asked.upper()), asked)


def _instant(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
