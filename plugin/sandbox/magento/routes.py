"""The addresses that the sandbox knows: method, path, what the integration must be allowed, and what is done."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from plugin.sandbox.magento import bulk, coupons, customers, events, merchant, orders, rules
from plugin.sandbox.magento.call import Call, listed
from plugin.sandbox.magento.refusals import Refused, missing, required

SALES, MEMOS, CUSTOMERS = "Magento_Sales::actions_view", "Magento_Sales::sales_creditmemo", "Magento_Customer::customer"
GROUPS, QUOTE, STORE = "Magento_Customer::group", "Magento_SalesRule::quote", "Magento_Backend::store"
MANAGE, ADMIN, LISTEN = "Magento_Customer::manage", "Magento_Backend::admin", "MageOS_AsyncEvents::manage"
LOGS, INVOICE = "Magento_Logging::system_magento_logging_bulk_operations", "Magento_Sales::sales_invoice"
SHIP, CANCEL = "Magento_Sales::ship", "Magento_Sales::cancel"
ANYBODY = ""
MODULES = ("Magento_Store", "Magento_Customer", "Magento_Sales", "Magento_SalesRule", "Magento_WebapiAsync")
LISTENING = ("MageOS_AsyncEvents", "MageOS_CommonAsyncEvents")
WORD = r"([0-9A-Za-z-]+)"


@dataclass(frozen=True, slots=True)
class Route:
    """``resource`` is empty for what everybody may ask."""

    method: str
    pattern: re.Pattern[str]
    resource: str
    act: Callable[[Call], Any]


def route_for(method: str, path: str) -> tuple[Route, tuple[str, ...]]:
    """The route of a path such as ``/orders/7``, and what stands in its places. Raises Refused."""
    for route in ROUTES:
        if route.method == method and (found := route.pattern.fullmatch(path)):
            return route, found.groups()
    raise Refused(404, "Request does not match any route.")


def _bodies(source: Any) -> Callable[[Call], Any]:
    def act(call: Call) -> Any:
        hits = call.find(source)
        return listed(hits, [json.loads(row["body"]) for row in hits.rows])

    return act


def _memo(call: Call) -> Any:
    row = call.connection.execute("SELECT body FROM creditmemos WHERE entity_id = ?", (call.number,)).fetchone()
    if row is None:
        raise missing()
    return json.loads(row["body"])


def _coupons(call: Call) -> Any:
    hits = call.find(coupons.COUPONS)
    return listed(hits, [coupons.body(row) for row in hits.rows])


def _groups(call: Call) -> Any:
    hits = call.find(customers.GROUPS)
    return listed(hits, [customers.group_body(row) for row in hits.rows])


def _group(call: Call) -> Any:
    wanted = (call.number,)
    row = call.connection.execute("SELECT * FROM customer_groups WHERE customer_group_id = ?", wanted).fetchone()
    if row is None:
        raise Refused(
            404, "No such entity with %fieldName = %fieldValue", {"fieldName": "id", "fieldValue": call.number}
        )
    return customers.group_body(row)


def _change_customer(call: Call) -> Any:
    given = call.part("customer")
    rules.check_keys(given, customers.FIELDS)
    return customers.change(call.connection, call.number, given, call.store.now())


def _add_customer(call: Call) -> Any:
    given = call.part("customer")
    rules.check_keys(given, customers.FIELDS)
    number = call.connection.execute("SELECT coalesce(max(entity_id), 0) + 1 FROM customers").fetchone()[0]
    name = f"{given['firstname']} {given['lastname']}"
    return customers.add(call.connection, number, name, email=given["email"], at=call.store.now())


def _deleted(delete: Callable[..., None]) -> Callable[[Call], Any]:
    def act(call: Call) -> Any:
        delete(call.connection, call.number)
        return True

    return act


def _delete_many(column: str, name: str) -> Callable[[Call], Any]:
    def act(call: Call) -> Any:
        if not isinstance(call.body, dict) or name not in call.body:
            raise required(name)
        ignore = call.body.get("ignoreInvalidCoupons", True)
        return coupons.delete_many(call.connection, column, call.body[name], ignore=ignore)

    return act


def _configs(call: Call) -> Any:
    base = call.store.base_url
    links = {f"{kind}base_{name}url": base + path for kind in ("", "secure_") for name, path in (
        ("", ""), ("link_", ""), ("static_", "static/version1/"), ("media_", "media/"))}  # fmt: skip
    return [{
        "id": 1, "code": "default", "website_id": 1, "locale": "en_US", "base_currency_code": call.store.currency,
        "default_display_currency_code": call.store.currency, "timezone": call.store.timezone, "weight_unit": "lbs",
    } | links]  # fmt: skip


def _views(_: Call) -> Any:
    return [
        {
            "id": 1,
            "code": "default",
            "name": "Default Store View",
            "website_id": 1,
            "store_group_id": 1,
            "is_active": 1,
        },
        {"id": 0, "code": "admin", "name": "Admin", "website_id": 0, "store_group_id": 0, "is_active": 1},
    ]


def _websites(_: Call) -> Any:
    return [
        {"id": 1, "code": "base", "name": "Main Website", "default_group_id": 1},
        {"id": 0, "code": "admin", "name": "Admin", "default_group_id": 0},
    ]


def _store_groups(_: Call) -> Any:
    none = {
        "id": 0,
        "website_id": 0,
        "root_category_id": 0,
        "default_store_id": 0,
        "name": "Default",
        "code": "default",
    }
    main = {"id": 1, "website_id": 1, "root_category_id": 2, "default_store_id": 1, "name": "Main Website Store"}
    return [none, main | {"code": "main_website_store"}]


def _currency(call: Call) -> Any:
    code = call.store.currency
    return {
        "base_currency_code": code, "base_currency_symbol": "$", "default_display_currency_code": code,
        "default_display_currency_symbol": "$", "available_currency_codes": [code],
        "exchange_rates": [{"currency_to": code, "rate": 1}],
    }  # fmt: skip


def _modules(call: Call) -> Any:
    return [*MODULES, *(LISTENING if call.store.modules else ())]


def _subscribe(call: Call) -> Any:
    if not call.store.modules:
        raise Refused(404, "Request does not match any route.")
    given = call.part("asyncEvent")
    rules.check_keys(given, events.FIELDS)
    number = call.number if call.words else None
    return events.subscribe(call.connection, given, now=call.store.now(), number=number)


def _subscriptions(call: Call) -> Any:
    if not call.store.modules:
        raise Refused(404, "Request does not match any route.")
    hits = call.find(events.SUBSCRIPTIONS)
    return listed(hits, [events.body(row) for row in hits.rows])


def _row(method: str, path: str, resource: str, act: Callable[[Call], Any]) -> Route:
    return Route(method, re.compile(path.replace("{}", WORD)), resource, act)


ROUTES = (
    _row("GET", "/orders", SALES, _bodies(orders.ORDERS)),
    _row("GET", "/orders/{}", SALES, lambda call: orders.get(call.connection, call.number)),
    _row("GET", "/creditmemos", MEMOS, _bodies(orders.CREDITMEMOS)),
    _row("GET", "/creditmemo/{}", MEMOS, _memo),
    _row("GET", "/customers/search", CUSTOMERS, _bodies(customers.CUSTOMERS)),
    _row("POST", "/customers", ANYBODY, _add_customer),
    _row("GET", "/customers/{}", CUSTOMERS, lambda call: customers.get(call.connection, call.number)),
    _row("PUT", "/customers/{}", MANAGE, _change_customer),
    _row("DELETE", "/customers/{}", MANAGE, _deleted(customers.delete)),
    _row("GET", "/customerGroups/search", GROUPS, _groups),
    _row("POST", "/customerGroups", GROUPS,
         lambda call: customers.add_group(call.connection, call.part("group")["code"])),
    _row("GET", "/customerGroups/{}", GROUPS, _group),
    _row("GET", "/salesRules/search", QUOTE, _bodies(rules.RULES)),
    _row("POST", "/salesRules", QUOTE, lambda call: rules.save(call.connection, call.part("rule"))),
    _row("GET", "/salesRules/{}", QUOTE, lambda call: rules.get(call.connection, call.number)),
    _row("PUT", "/salesRules/{}", QUOTE,
         lambda call: rules.save(call.connection, call.part("rule"), rule_id=call.number)),
    _row("DELETE", "/salesRules/{}", QUOTE, _deleted(rules.delete)),
    _row("GET", "/coupons/search", QUOTE, _coupons),
    _row("POST", "/coupons", QUOTE, lambda call: coupons.save(call.connection, call.part("coupon"))),
    _row("POST", "/coupons/generate", QUOTE, lambda call: coupons.generate(call.connection, call.part("couponSpec"))),
    _row("POST", "/coupons/deleteByIds", QUOTE, _delete_many("coupon_id", "ids")),
    _row("POST", "/coupons/deleteByCodes", QUOTE, _delete_many("code", "codes")),
    _row("GET", "/coupons/{}", QUOTE, lambda call: coupons.get(call.connection, call.number)),
    _row("PUT", "/coupons/{}", QUOTE,
         lambda call: coupons.save(call.connection, call.part("coupon"), coupon_id=call.number)),
    _row("DELETE", "/coupons/{}", QUOTE, _deleted(coupons.delete)),
    _row("GET", "/store/storeConfigs", STORE, _configs),
    _row("GET", "/store/storeViews", STORE, _views),
    _row("GET", "/store/websites", STORE, _websites),
    _row("GET", "/store/storeGroups", STORE, _store_groups),
    _row("GET", "/directory/currency", ANYBODY, _currency),
    _row("GET", "/modules", ADMIN, _modules),
    _row("GET", "/bulk/{}/status", LOGS, lambda call: bulk.status(call.store.bulks, call.words[0], detailed=False)),
    _row("GET", "/bulk/{}/detailed-status", LOGS, lambda call: bulk.status(call.store.bulks, call.words[0], detailed=True)),
    _row("POST", "/integration/admin/token", ANYBODY, merchant.sign_in),
    _row("POST", "/tfa/provider/google/authenticate", ANYBODY, merchant.second_factor),
    _row("POST", "/order/{}/invoice", INVOICE, merchant.invoice),
    _row("POST", "/order/{}/ship", SHIP, merchant.ship),
    _row("POST", "/order/{}/refund", MEMOS, merchant.refund),
    _row("POST", "/orders/{}/cancel", CANCEL, merchant.cancel),
    _row("GET", "/async_events", LISTEN, _subscriptions),
    _row("POST", "/async_event", LISTEN, _subscribe),
    _row("PUT", "/async_event/{}", LISTEN, _subscribe),
)  # fmt: skip
