"""The queries of the API about discounts: one by its code, some by their ids, those that were changed."""

from __future__ import annotations

import re
from typing import Any

from graphql import GraphQLResolveInfo

from plugin.sandbox import discounts
from plugin.sandbox.admin import shapes
from plugin.sandbox.admin.call import Call, gid, number_of, refusal
from plugin.sandbox.admin.discount_shapes import node
from plugin.sandbox.admin.pages import Shape, checked_size, opened, page
from plugin.sandbox.times import kept, read

MOST_IDS = 250
SINCE = re.compile(r"updated_at:>='([^']+)'")


def code_discount_node_by_code(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape | None:
    """``codeDiscountNodeByCode(code)``: upper and lower case are the same."""
    call = info.context
    call.require("read_discounts", "codeDiscountNodeByCode")
    found = None if call.read_lag else discounts.find(call.connection, arguments["code"])
    return node(call, found) if found else None


def nodes(info: GraphQLResolveInfo[Call], **arguments: Any) -> list[Shape | None]:
    """``nodes(ids)``: of discounts with codes, or of customers; null for one that is not there."""
    call = info.context
    if all("/Customer/" in one for one in arguments["ids"]):
        call.require("read_customers", "nodes")
        people = [shapes.customer(call, number_of("Customer", one)) for one in arguments["ids"]]
        return [{"__typename": "Customer", **one} if one else None for one in people]
    call.require("read_discounts", "nodes")
    if len(arguments["ids"]) > MOST_IDS:
        raise refusal(
            f"The input array size of {len(arguments['ids'])} is greater than the maximum allowed", "BAD_REQUEST"
        )
    found = [discounts.get(call.connection, number_of("DiscountCodeNode", one)) for one in arguments["ids"]]
    return [{"__typename": "DiscountCodeNode", **node(call, one)} if one else None for one in found]


def discount_nodes(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``discountNodes``: searched by when they were changed, and by nothing else; sorted by that."""
    call = info.context
    call.require("read_discounts", "discountNodes")
    size = checked_size(arguments.get("first"))
    since = SINCE.search(arguments.get("query") or "")
    after = opened(arguments["after"]) if arguments.get("after") else None
    found = discounts.changed_since(
        call.connection,
        kept(read(since[1])) if since else "",
        after=(after[0], int(after[1])) if after else None,
        limit=size + 1,
    )
    shown = [{"id": gid("DiscountNode", one.id), "discount": node(call, one)["codeDiscount"]} for one in found[:size]]
    return page(shown, [(kept(one.updated_at), one.id) for one in found[:size]], after is not None, len(found) > size)
