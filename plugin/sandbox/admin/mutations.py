"""The mutations of the API. What is wrong with an input is told in ``userErrors``, and nothing is done."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from plugin.sandbox import discounts
from plugin.sandbox.admin.call import Call, number_of
from plugin.sandbox.admin.discount_input import BadInput, terms_of
from plugin.sandbox.admin.discount_shapes import node
from plugin.sandbox.admin.pages import Shape


def discount_code_basic_create(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``discountCodeBasicCreate``."""
    call = info.context
    call.require("write_discounts", "discountCodeBasicCreate")
    try:
        terms = terms_of(arguments["basicCodeDiscount"], call)
        made = discounts.create(call.connection, terms, call.now)
    except BadInput as bad:
        return _wrong(["basicCodeDiscount", *bad.field], bad.code, str(bad))
    except discounts.CodeTaken:
        return _wrong(["basicCodeDiscount", "code"], "TAKEN", "Code must be unique. Please try a different code.")
    return {"codeDiscountNode": node(call, made), "userErrors": []}


def discount_code_deactivate(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``discountCodeDeactivate``: a second time changes nothing."""
    call = info.context
    call.require("write_discounts", "discountCodeDeactivate")
    number = number_of("DiscountCodeNode", arguments["id"])
    discounts.switch_off(call.connection, number, call.now)
    found = discounts.get(call.connection, number)
    if found is None:
        return _wrong(["id"], "INVALID", "Code discount does not exist.")
    return {"codeDiscountNode": node(call, found), "userErrors": []}


def _wrong(field: list[str], code: str, message: str) -> Shape:
    return {
        "codeDiscountNode": None,
        "userErrors": [{"field": field, "code": code, "message": message, "extraInfo": None}],
    }
