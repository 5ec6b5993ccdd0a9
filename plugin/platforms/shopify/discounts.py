"""Discount codes in a Shopify store: put in, look up, switch off.

The code's name is unique in a store and its look-up knows no case; that makes it the key under which a thing happens
once. A discount is switched off, never deleted: deleting would free the name for a create that is still on its way.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from plugin.platforms import shape
from plugin.platforms.protocol import DiscountPage, DiscountSpec, InDoubt, StoredDiscount
from plugin.platforms.shopify import discount_input, discount_terms, user_errors
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.documents import (
    CREATE_DISCOUNT,
    CREATE_FREE_SHIPPING,
    DEACTIVATE_DISCOUNT,
    FIND_DISCOUNT,
    FIND_DISCOUNTS,
    LIST_DISCOUNTS,
)
from plugin.platforms.shopify.ids import number_of, to_gid

#: keeps one question under the 1,000 points that Shopify allows
DISCOUNTS_A_PAGE = 15
#: what a discount of ours can be; others are found by their code, and never listed
OF_OURS = frozenset({"DiscountCodeBasic", "DiscountCodeFreeShipping"})
LIVE_STATUSES = frozenset({"ACTIVE", "SCHEDULED"})
STATUSES = LIVE_STATUSES | {"EXPIRED"}


def create(client: AdminClient, spec: DiscountSpec) -> StoredDiscount:
    """Puts the code into the store. Raises Taken, Rejected with Shopify's code, or another PlatformError.

    Raises ValueError for a spec that cannot be meant: no percentage, an end before its start, an id that is none.
    """
    variables = discount_input.create_variables(spec)
    shipping = spec.type == "shipping"
    document, field = (
        (CREATE_FREE_SHIPPING, "discountCodeFreeShippingCreate")
        if shipping
        else (CREATE_DISCOUNT, "discountCodeBasicCreate")
    )
    payload = shape.mapping(client.run(document, variables).root(field), "payload")
    user_errors.check(client, payload)
    if payload.get("codeDiscountNode") is None:
        raise InDoubt("the store named neither a discount nor a reason")
    return _stored(payload["codeDiscountNode"], asked=spec.code)


def find(client: AdminClient, code: str) -> StoredDiscount | None:
    """The discount with this code, whoever made it and of whatever kind; None when the store says that there is none."""
    node = client.run(FIND_DISCOUNT, {"code": code}).root("codeDiscountNodeByCode")
    return None if node is None else _stored(node, asked=code)


def find_many(client: AdminClient, refs: Collection[str]) -> dict[str, StoredDiscount]:
    """The discounts of these ids that the store still has, by id. Raises InDoubt where it does not say it of all."""
    nodes = client.run(FIND_DISCOUNTS, {"ids": list(refs)}).whole("nodes")
    if not isinstance(nodes, list) or len(nodes) != len(refs):
        raise InDoubt("the answer does not speak of every discount")
    found = (_stored(node, asked="") for node in nodes if node is not None)
    return {one.ref: one for one in found}


def list_changed(client: AdminClient, *, changed_since: datetime, after: str | None, currency: str) -> DiscountPage:
    """A page of the codes' discounts changed since then. Raises PlatformError."""
    query = f"method:code updated_at:>='{discount_input.instant(changed_since)}'"
    variables = {"query": query, "first": DISCOUNTS_A_PAGE, "after": after}
    page = shape.mapping(client.run(LIST_DISCOUNTS, variables).whole("discountNodes"), "discounts")
    info = shape.mapping(page.get("pageInfo"), "page")
    more = shape.flag(info.get("hasNextPage"), "page")
    nodes = shape.items(page.get("nodes"), "discounts")
    ours = [node for node in nodes if shape.mapping(node.get("discount"), "discount").get("__typename") in OF_OURS]
    return DiscountPage(
        discounts=tuple(_listed(node, currency) for node in ours),
        after=shape.text(info.get("endCursor"), "cursor") if more else None,
    )


def deactivate(client: AdminClient, ref: str) -> None:
    """Switches the discount off; returning means that the store showed it off. Raises PlatformError."""
    answer = client.run(DEACTIVATE_DISCOUNT, {"id": ref})
    payload = shape.mapping(answer.root("discountCodeDeactivate"), "payload")
    user_errors.check(client, payload)
    node = shape.mapping(payload.get("codeDiscountNode"), "discount")
    if _status(shape.mapping(node.get("codeDiscount"), "discount")) in LIVE_STATUSES:
        raise InDoubt("the store still shows the discount as live")


def _stored(value: Any, *, asked: str) -> StoredDiscount:
    node = shape.mapping(value, "discount")
    return _discount(shape.text(node.get("id"), "discount's id"), node.get("codeDiscount"), asked=asked)


def _listed(node: dict[str, Any], currency: str) -> StoredDiscount:
    """A discount from the list of all kinds, under the id that it has among those with codes."""
    number = number_of(shape.text(node.get("id"), "discount's id"))
    terms = discount_terms.read(shape.mapping(node.get("discount"), "discount"), currency)
    return _discount(to_gid("DiscountCodeNode", number), node.get("discount"), asked="", terms=terms)


def _discount(ref: str, value: Any, *, asked: str, terms: Any = None) -> StoredDiscount:
    discount = shape.mapping(value, "discount")
    return StoredDiscount(
        ref=ref,
        code=_code(discount, asked),
        tags=shape.texts(discount.get("tags"), "tags"),
        live=_status(discount) in LIVE_STATUSES,
        usage_count=shape.count(discount.get("asyncUsageCount"), "usage count"),
        terms=terms,
    )


def _status(discount: dict[str, Any]) -> str:
    status = shape.text(discount.get("status"), "status")
    if status not in STATUSES:
        raise InDoubt("the answer's status is not one of Shopify's")
    return status


def _code(discount: dict[str, Any], asked: str) -> str:
    """The code as the store spells it. A discount with many codes shows another one first: then as it was asked for."""
    nodes = shape.items(shape.mapping(discount.get("codes", {}), "codes").get("nodes", []), "codes")
    shown = [shape.text(node.get("code"), "code") for node in nodes]
    if not asked:
        return shown[0] if shown else ""
    return next((code for code in shown if code.upper() == asked.upper()), asked)
