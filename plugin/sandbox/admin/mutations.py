"""The mutations of the API. What is wrong with an input is told in ``userErrors``, and nothing is done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLResolveInfo

from plugin.sandbox import discounts
from plugin.sandbox.admin.call import Call, number_of
from plugin.sandbox.admin.discount_input import BadInput, Input, shipping_terms_of, terms_of
from plugin.sandbox.admin.discount_shapes import node
from plugin.sandbox.admin.pages import Shape
from plugin.sandbox.till import Terms


def discount_code_basic_create(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``discountCodeBasicCreate``."""
    call = info.context
    call.require("write_discounts", "discountCodeBasicCreate")
    return _create(call, "basicCodeDiscount", arguments, terms_of)


def discount_code_free_shipping_create(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``discountCodeFreeShippingCreate``."""
    call = info.context
    call.require("write_discounts", "discountCodeFreeShippingCreate")
    return _create(call, "freeShippingCodeDiscount", arguments, shipping_terms_of)


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


def _create(call: Call, name: str, arguments: Mapping[str, Any], understood: Callable[[Input, Call], Terms]) -> Shape:
    if call.most_discounts is not None and _count(call) >= call.most_discounts:
        return _wrong([name], "EXCEEDED_MAX", "The store has as many discounts as it may.")
    try:
        made = discounts.create(call.connection, understood(arguments[name], call), call.now)
    except BadInput as bad:
        return _wrong([name, *bad.field], bad.code, str(bad))
    except discounts.CodeTaken:
        return _wrong([name, "code"], "TAKEN", "Code must be unique. Please try a different code.")
    return {"codeDiscountNode": node(call, made), "userErrors": []}


def _count(call: Call) -> int:
    return int(call.connection.execute("SELECT count(*) FROM discounts").fetchone()[0])


def _wrong(field: list[str], code: str, message: str) -> Shape:
    return {
        "codeDiscountNode": None,
        "userErrors": [{"field": field, "code": code, "message": message, "extraInfo": None}],
    }
