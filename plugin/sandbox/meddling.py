"""What the merchant does to discounts by hand, in the store's admin; each act is told by a webhook."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from plugin.sandbox import discounts
from plugin.sandbox.bodies import Body
from plugin.sandbox.discounts import Discount
from plugin.sandbox.store import Store
from plugin.sandbox.times import with_offset

UPDATED, DELETED = "discounts/update", "discounts/delete"


def switch_off(store: Store, code: str) -> None:
    """Deactivates a discount. Raises LookupError for an unknown code, as all of these do."""
    _do(store, code, UPDATED, lambda connection, one: discounts.switch_off(connection, one.id, store.now()))


def switch_on(store: Store, code: str) -> None:
    """Activates a discount again."""
    _do(store, code, UPDATED, lambda connection, one: discounts.switch_on(connection, one.id, store.now()))


def delete(store: Store, code: str) -> None:
    """Deletes a discount that nobody has used: its name is free again."""
    _do(store, code, DELETED, lambda connection, one: discounts.delete(connection, one.id))


def change(store: Store, code: str, **terms: Any) -> None:
    """Edits a discount's terms."""

    def edit(connection: sqlite3.Connection, one: Discount) -> None:
        discounts.rewrite(connection, one.id, replace(one.terms, **terms), store.now())

    _do(store, code, UPDATED, edit)


def _do(store: Store, code: str, topic: str, act: Callable[[sqlite3.Connection, Discount], None]) -> None:
    now = store.now()
    with store.transaction() as connection:
        found = discounts.find(connection, code)
        if found is None:
            raise LookupError(code)
        act(connection, found)
        after = discounts.find(connection, code) or found
        store.announce(connection, [(topic, _body(store, after, now, deleted=topic == DELETED))], now)


def _body(store: Store, one: Discount, now: datetime, *, deleted: bool) -> Body:
    told: Body = {
        "admin_graphql_api_id": f"gid://shopify/DiscountCodeNode/{one.id}",
        "title": one.terms.title,
        "status": one.status(now),
        "created_at": with_offset(one.created_at, store.shop.zone),
        "updated_at": with_offset(now, store.shop.zone),
    }
    return {"admin_graphql_api_id": told["admin_graphql_api_id"], "deleted_at": told["updated_at"]} if deleted else told
