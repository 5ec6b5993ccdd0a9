"""Discounts with many codes, and discounts that are taken away."""

from __future__ import annotations

from typing import Any

from graphql import GraphQLResolveInfo

from plugin.sandbox import discounts, pools
from plugin.sandbox.admin.call import Call, gid, number_of
from plugin.sandbox.admin.pages import Shape, connection_of

MOST_CODES = 250


def discount_code_bulk_delete(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``discountCodeBulkDelete``: their names are free again; one that is not there is passed over."""
    call = info.context
    call.require("write_discounts", "discountCodeBulkDelete")
    for one in arguments["ids"]:
        number = number_of("DiscountCodeNode", one)
        call.connection.execute("DELETE FROM pool_codes WHERE discount_id = ?", (number,))
        call.connection.execute("DELETE FROM redemptions WHERE discount_id = ?", (number,))
        discounts.delete(call.connection, number)
    return {"job": {"id": gid("Job", 1), "done": False}, "userErrors": []}


def redeem_code_bulk_add(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``discountRedeemCodeBulkAdd``: at most 250 codes, added a while later."""
    call = info.context
    call.require("write_discounts", "discountRedeemCodeBulkAdd")
    number = number_of("DiscountCodeNode", arguments["discountId"])
    codes = [one["code"] for one in arguments["codes"]]
    if discounts.get(call.connection, number) is None:
        return {"userErrors": [_wrong("INVALID", "Code discount does not exist.")]}
    if len(codes) > MOST_CODES:
        return {"userErrors": [_wrong("EXCEEDED_MAX", f"At most {MOST_CODES} codes can be added at once.")]}
    return {"bulkCreation": _creation(call, pools.ask_for(call.connection, number, codes)), "userErrors": []}


def redeem_code_bulk_creation(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape | None:
    """``discountRedeemCodeBulkCreation(id)``: the first look finds it not done yet, the job is done after that."""
    call = info.context
    call.require("read_discounts", "discountRedeemCodeBulkCreation")
    found = _creation(call, number_of("DiscountRedeemCodeBulkCreation", arguments["id"]))
    pools.work(call.connection)
    return found


def redeem_code_bulk_delete(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``discountCodeRedeemCodeBulkDelete``."""
    call = info.context
    call.require("write_discounts", "discountCodeRedeemCodeBulkDelete")
    number = number_of("DiscountCodeNode", arguments["discountId"])
    numbers = [number_of("DiscountRedeemCode", one) for one in arguments["ids"]]
    pools.remove(call.connection, number, numbers)
    return {"job": {"id": gid("Job", number), "done": False}, "userErrors": []}


def _creation(call: Call, number: int) -> Shape | None:
    found = pools.job(call.connection, number)
    if found is None:
        return None
    done, codes = found
    added = [made for _, made in codes if made is not None]
    return {
        "__typename": "DiscountRedeemCodeBulkCreation",
        "id": gid("DiscountRedeemCodeBulkCreation", number),
        "done": done,
        "codesCount": len(codes),
        "importedCount": len(added),
        "failedCount": len(codes) - len(added) if done else 0,
        "codes": connection_of([_code(code, made, done=done) for code, made in codes]),
    }


def _code(code: str, made: int | None, *, done: bool) -> Shape:
    there = None if made is None else {"id": gid("DiscountRedeemCode", made), "code": code, "asyncUsageCount": 0}
    errors = [_wrong("TAKEN", "Code has already been taken.")] if done and made is None else []
    return {"code": code, "discountRedeemCode": there, "errors": errors}


def _wrong(code: str, message: str) -> Shape:
    return {"field": None, "code": code, "message": message, "extraInfo": None}
