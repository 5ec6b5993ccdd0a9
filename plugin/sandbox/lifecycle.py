"""What else happens in the life of a store: customers change, merge and leave, the store changes, the app goes."""

from __future__ import annotations

import json
from collections.abc import Sequence

from plugin.sandbox import cash, customers, orders, tokens
from plugin.sandbox.bodies import Body, shop_body
from plugin.sandbox.store import Store
from plugin.sandbox.times import with_offset


def rename_customer(store: Store, customer_id: int, name: str) -> None:
    """A customer takes another name: ``customers/update``."""
    now = store.now()
    with store.transaction() as connection:
        customers.rename(connection, customer_id, name, at=now)
        changed = customers.body(connection, customer_id, store.shop)
        store.announce(connection, [("customers/update", changed)] if changed else [], now)


def tag_customer(store: Store, customer_id: int, *, add: Sequence[str] = (), remove: Sequence[str] = ()) -> None:
    """The store's people put tags on a customer or take them off: ``customer.tags_added`` and ``customer.tags_removed``.

    Each tells what came or went, and nothing when nothing did. Raises ValueError for an unknown customer.
    """
    now = store.now()
    with store.transaction() as connection:
        if customers.body(connection, customer_id, store.shop) is None:
            raise ValueError(f"There is no customer {customer_id}.")
        for topic, changed in (
            ("customer.tags_added", customers.add_tags(connection, customer_id, add)),
            ("customer.tags_removed", customers.remove_tags(connection, customer_id, remove)),
        ):
            told: Body = {
                "customerId": f"gid://shopify/Customer/{customer_id}",
                "tags": changed,
                "occurredAt": with_offset(now, store.shop.zone),
            }
            store.announce(connection, [(topic, told)] if changed else [], now)


def agree(store: Store, customer_id: int, state: str) -> None:
    """A customer subscribes to e-mails or leaves them: ``customers_email_marketing_consent/update``."""
    now = store.now()
    with store.transaction() as connection:
        body = customers.body(connection, customer_id, store.shop)
        agreed = {
            "state": state,
            "opt_in_level": "single_opt_in",
            "consent_updated_at": with_offset(now, store.shop.zone),
        }
        told: Body = {
            "customer_id": customer_id,
            "email_address": body["email"] if body else None,
            "email_marketing_consent": agreed,
        }
        store.announce(connection, [("customers_email_marketing_consent/update", told)], now)


def delete_customer(store: Store, customer_id: int) -> None:
    """A customer without orders to keep leaves: ``customers/delete``, which tells little."""
    with store.transaction() as connection:
        customers.remove(connection, customer_id)
        told: Body = {
            "id": customer_id,
            "phone": None,
            "tax_exemptions": [],
            "admin_graphql_api_id": f"gid://shopify/Customer/{customer_id}",
        }
        store.announce(connection, [("customers/delete", told)], store.now())


def merge_customers(store: Store, *, kept: int, deleted: int) -> None:
    """Two accounts become one, orders move to the kept one: ``customers/merge``. Raises ValueError."""
    with store.transaction() as connection:
        body = customers.body(connection, kept, store.shop)
        if body is None:
            raise ValueError(f"There is no customer {kept}.")
        for row in connection.execute("SELECT id FROM orders WHERE customer_id = ?", (deleted,)).fetchall():
            order = orders.get(connection, row["id"])
            order["customer"] = {key: value for key, value in body.items() if key != "addresses"}
            connection.execute(
                "UPDATE orders SET customer_id = ?, body = ? WHERE id = ?", (kept, json.dumps(order), row["id"])
            )
        customers.remove(connection, deleted)
        told: Body = {
            "admin_graphql_api_customer_kept_id": f"gid://shopify/Customer/{kept}",
            "admin_graphql_api_customer_deleted_id": f"gid://shopify/Customer/{deleted}",
            "admin_graphql_api_job_id": None,
            "status": "completed",
            "errors": [],
        }
        store.announce(connection, [("customers/merge", told)], store.now())


def edit_order(store: Store, order_id: int, *, price: str) -> None:
    """The merchant changes what an order costs: ``orders/edited``, which is not an order, and ``orders/updated``.

    Raises ValueError for an unknown order.
    """
    now = store.now()
    with store.transaction() as connection:
        body = orders.get(connection, order_id)
        new = str(cash.amount(price, store.shop.currency))
        for name in ("current_total_price", "current_subtotal_price"):
            body[name] = new
            body[f"{name}_set"] = {side: {**money, "amount": new} for side, money in body[f"{name}_set"].items()}
        orders.touch(connection, store.shop, body, now=now)
        edit = {
            "id": order_id + 1,
            "order_id": order_id,
            "app_id": None,
            "created_at": body["updated_at"],
            "notify_customer": False,
        }
        lists: Body = {
            "line_items": {"additions": [], "removals": []},
            "discounts": {"line_item": {"additions": [], "removals": []}},
        }
        store.announce(connection, [("orders/edited", {"order_edit": edit | lists}), ("orders/updated", body)], now)


def discount_order(store: Store, order_id: int, *, code: str, off: str | None) -> None:
    """An order is edited so that a code takes off so much, or (None) is not on it any more: ``orders/updated``.

    Raises ValueError for an unknown order.
    """
    now = store.now()
    with store.transaction() as connection:
        body = orders.get(connection, order_id)
        body["discount_codes"] = []
        if off is not None:
            amount = str(cash.amount(off, store.shop.currency))
            body["discount_codes"] = [{"code": code, "amount": amount, "type": "fixed_amount"}]
        orders.touch(connection, store.shop, body, now=now)
        store.announce(connection, [("orders/updated", body)], now)


def change_shop(
    store: Store, *, name: str | None = None, timezone: str | None = None, currency: str | None = None
) -> None:
    """The merchant changes the store: ``shop/update``."""
    now = store.now()
    with store.transaction() as connection:
        shop = store.shop
        wanted = {
            "name": name or shop.name,
            "currency": currency or shop.currency,
            "timezone": timezone or shop.timezone,
        }
        store.set_setting(connection, "shop", wanted)
        store.announce(connection, [("shop/update", shop_body(store.shop, now))], now)


def grant(store: Store, scopes: Sequence[str]) -> None:
    """The merchant lets the app do what these scopes name, and nothing else: ``app/scopes_update``."""
    now = store.now()
    with store.transaction() as connection:
        before, store.scopes = store.scopes, tuple(scopes)
        told = {
            "id": "gid://shopify/App/1",
            "previous": sorted(before),
            "current": sorted(scopes),
            "updated_at": now.strftime("%Y-%m-%dT%H:%M:%S.000Z"),
        }
        store.announce(connection, [("app/scopes_update", told)], now)


def uninstall(store: Store) -> None:
    """The merchant removes the app: its tokens die at once, then ``app/uninstalled`` tells."""
    now = store.now()
    with store.transaction() as connection:
        tokens.revoke_all(connection)
        store.announce(connection, [("app/uninstalled", shop_body(store.shop, now))], now)


def ask_for_data(store: Store, customer_id: int) -> None:
    """A customer asks what is stored: ``customers/data_request``."""
    _compliance(store, "customers/data_request", customer_id, {"data_request": {"id": 9999}}, "orders_requested")


def redact_customer(store: Store, customer_id: int) -> None:
    """A customer is to be forgotten: ``customers/redact``."""
    _compliance(store, "customers/redact", customer_id, {}, "orders_to_redact")


def redact_shop(store: Store) -> None:
    """The whole store is to be forgotten, 48 hours after it removed the app: ``shop/redact``."""
    with store.transaction() as connection:
        told = {"shop_id": store.shop.shop_id, "shop_domain": store.domain}
        store.announce(connection, [("shop/redact", told)], store.now())


def _compliance(store: Store, topic: str, customer_id: int, more: Body, orders_name: str) -> None:
    with store.transaction() as connection:
        body = customers.body(connection, customer_id, store.shop)
        numbers = [
            row["id"] for row in connection.execute("SELECT id FROM orders WHERE customer_id = ?", (customer_id,))
        ]
        told: Body = {
            "shop_id": store.shop.shop_id,
            "shop_domain": store.domain,
            "customer": {"id": customer_id, "email": body["email"] if body else None, "phone": None},
            orders_name: numbers,
        }
        store.announce(connection, [(topic, told | more)], store.now())
