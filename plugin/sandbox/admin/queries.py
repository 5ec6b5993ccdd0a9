"""The queries of the API."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from graphql import GraphQLResolveInfo

from plugin.sandbox.admin import shapes
from plugin.sandbox.admin.call import Call, gid, number_of
from plugin.sandbox.admin.pages import Shape, checked_size, opened, page
from plugin.sandbox.admin.search import condition
from plugin.sandbox.times import kept

#: without read_all_orders an app sees no older orders
VISIBLE = timedelta(days=60)

COLUMNS = {
    "CREATED_AT": "created_at",
    "ID": "id",
    "ORDER_NUMBER": "number",
    "PROCESSED_AT": "processed_at",
    "UPDATED_AT": "updated_at",
}


def shop(info: GraphQLResolveInfo[Call]) -> Shape:
    """``shop``."""
    call = info.context
    offset = call.now.astimezone(call.shop.zone).utcoffset() or timedelta(0)
    return {
        "id": gid("Shop", call.shop.shop_id),
        "name": call.shop.name,
        "myshopifyDomain": call.shop.domain,
        "currencyCode": call.shop.currency,
        "ianaTimezone": call.shop.timezone,
        "timezoneOffsetMinutes": int(offset.total_seconds() // 60),
        "plan": {"partnerDevelopment": True, "publicDisplayName": "Sandbox", "shopifyPlus": False},
    }


def current_app_installation(info: GraphQLResolveInfo[Call]) -> Shape:
    """``currentAppInstallation``."""
    call = info.context
    return {"id": gid("AppInstallation", 1), "accessScopes": [{"handle": scope} for scope in sorted(call.scopes)]}


def customer(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape | None:
    """``customer(id)``."""
    call = info.context
    call.require("read_customers", "customer")
    return shapes.customer(call, number_of("Customer", arguments["id"]))


def order(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape | None:
    """``order(id)``."""
    call = info.context
    call.require("read_orders", "order")
    row = call.connection.execute(
        "SELECT body FROM orders WHERE id = ? AND created_at >= ?", (number_of("Order", arguments["id"]), _oldest(call))
    ).fetchone()
    return shapes.order(call, json.loads(row["body"])) if row else None


def orders(info: GraphQLResolveInfo[Call], **arguments: Any) -> Shape:
    """``orders``: searched, sorted, in pages."""
    call = info.context
    call.require("read_orders", "orders")
    size = checked_size(arguments.get("first"))
    wanted = condition(arguments.get("query"))
    if wanted.unused:
        call.warnings.append(
            {"path": ["orders"], "query": arguments["query"], "warnings": [{"field": word} for word in wanted.unused]}
        )
    column = COLUMNS[arguments["sortKey"]]
    sign, direction = ("<", "DESC") if arguments["reverse"] else (">", "ASC")
    after = opened(arguments["after"]) if arguments.get("after") else None
    beyond = f" AND ({column}, id) {sign} (?, ?)" if after else ""
    place = (_number_or_text(column, after[0]), int(after[1])) if after else ()
    rows = call.connection.execute(
        f"SELECT id, {column} AS key, body FROM orders WHERE created_at >= ? AND {wanted.sql}{beyond}"  # noqa: S608 (own names only)
        f" ORDER BY {column} {direction}, id {direction} LIMIT ?",
        (_oldest(call), *wanted.values, *place, size + 1),
    ).fetchall()
    nodes = [shapes.order(call, json.loads(row["body"])) for row in rows[:size]]
    return page(nodes, [(row["key"], row["id"]) for row in rows[:size]], after is not None, len(rows) > size)


def _oldest(call: Call) -> str:
    return "" if "read_all_orders" in call.scopes else kept(call.now - VISIBLE)


def _number_or_text(column: str, text: str) -> int | str:
    return int(text) if column in {"id", "number"} else text
