"""Shopify's discounts that hold many codes, which it adds a while after it was asked; and discounts taken away for good.

There is no binding to a customer in such a discount, and no tombstone in a code: ``discounts`` is the stronger way.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from plugin.platforms import shape
from plugin.platforms.protocol import PlatformError
from plugin.platforms.shopify import user_errors
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.store_documents import ADD_CODES, CODES_ADDED, DELETE_DISCOUNTS, FIND_CODE, REMOVE_CODES

#: codes that one question adds: the store takes 250, and shows the outcome of 100 within the points of one question
MOST_CODES = 100


def delete(client: AdminClient, refs: Collection[str]) -> None:
    """Asks the store to take discounts away; that it is done shows in their being gone. Raises PlatformError."""
    answer = client.run(DELETE_DISCOUNTS, {"ids": list(refs)})
    user_errors.check(client, shape.mapping(answer.root("discountCodeBulkDelete"), "payload"))


def add_codes(client: AdminClient, ref: str, codes: Collection[str]) -> dict[str, PlatformError | None]:
    """Adds codes to a discount, and looks once whether they are in. Raises PlatformError.

    A code is told of once the store has shown it in this discount (None), or has refused it; of the others nothing is
    known yet. Raises ValueError for more codes than one question adds.
    """
    if len(codes) > MOST_CODES:
        raise ValueError(f"at most {MOST_CODES} codes at once")
    variables: dict[str, Any] = {"id": ref, "codes": [{"code": code} for code in codes]}
    payload = shape.mapping(client.run(ADD_CODES, variables).root("discountRedeemCodeBulkAdd"), "payload")
    user_errors.check(client, payload)
    job = shape.text(shape.mapping(payload.get("bulkCreation"), "job").get("id"), "job's id")
    told = client.run(CODES_ADDED, {"id": job}).whole("discountRedeemCodeBulkCreation")
    if told is None or not shape.flag(shape.mapping(told, "job").get("done"), "job"):
        return {}
    wanted = {code.upper(): code for code in codes}
    found: dict[str, PlatformError | None] = {}
    for one in shape.items(shape.mapping(told.get("codes"), "codes").get("nodes"), "codes"):
        name = wanted.get(shape.text(one.get("code"), "code").upper())
        if name is not None and (one.get("discountRedeemCode") is not None or one.get("errors")):
            found[name] = _refusal(client, one)
    return found


def remove_code(client: AdminClient, code: str) -> None:
    """Asks the store to take one code out of the discount that holds it. Raises PlatformError; it is done later.

    A code that is not there, or is the only one of its discount, is left.
    """
    node = client.run(FIND_CODE, {"code": code, "search": code}).root("codeDiscountNodeByCode")
    if node is None:
        return
    discount = shape.mapping(shape.mapping(node, "discount").get("codeDiscount"), "discount")
    listed = shape.items(shape.mapping(discount.get("codes", {}), "codes").get("nodes", []), "codes")
    ids = [one.get("id") for one in listed if shape.text(one.get("code"), "code").upper() == code.upper()]
    if ids:
        answer = client.run(REMOVE_CODES, {"id": node["id"], "codes": ids[:1]})
        user_errors.check(client, shape.mapping(answer.root("discountCodeRedeemCodeBulkDelete"), "payload"))


def _refusal(client: AdminClient, one: dict[str, Any]) -> PlatformError | None:
    if one.get("discountRedeemCode") is not None:
        return None
    try:
        user_errors.check(client, {"userErrors": one.get("errors")})
    except PlatformError as error:
        return error
    return None
