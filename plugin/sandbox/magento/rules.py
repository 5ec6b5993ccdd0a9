"""Cart price rules, checked as little as Magento checks them: almost anything is saved, and dead at the checkout."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping
from typing import Any

from plugin.sandbox.magento.refusals import Refused, masked, missing
from plugin.sandbox.magento.searching import Source
from plugin.sandbox.magento.values import Body, present

RULES = Source(
    table="rules",
    key="rule_id",
    columns={name: name for name in ("rule_id", "name", "description", "is_active", "from_date", "to_date")},
)
#: in the order of the answer, with what stands there when nothing was given
DEFAULTS: Mapping[str, Any] = {
    "rule_id": None, "name": None, "store_labels": [], "description": None, "website_ids": [],
    "customer_group_ids": [], "from_date": None, "to_date": None, "uses_per_customer": 0, "is_active": False,
    "condition": None, "action_condition": None, "stop_rules_processing": True, "is_advanced": True, "sort_order": 0,
    "simple_action": None, "discount_amount": 0, "discount_qty": None, "discount_step": 0, "apply_to_shipping": False,
    "times_used": 0, "is_rss": False, "coupon_type": "NO_COUPON", "use_auto_generation": False, "uses_per_coupon": 0,
    "simple_free_shipping": None,
}  # fmt: skip
FIELDS = frozenset(DEFAULTS) | {"product_ids", "extension_attributes"}
CONDITION = ("condition_type", "conditions", "aggregator_type", "operator", "attribute_name", "value")
CONDITION_FIELDS = frozenset(CONDITION) | {"extension_attributes"}
LABEL_FIELDS = frozenset({"store_id", "store_label", "extension_attributes"})
ROOT = "Magento\\SalesRule\\Model\\Rule\\Condition\\Combine"
PRODUCTS = "Magento\\SalesRule\\Model\\Rule\\Condition\\Product\\Combine"
COUPON_TYPES = frozenset({"NO_COUPON", "SPECIFIC_COUPON", "AUTO"})


def save(connection: sqlite3.Connection, given: Mapping[str, Any], *, rule_id: int | None = None) -> Body:
    """A new rule, or (merged into what it was) an old one. Raises Refused."""
    check_keys(given, FIELDS)
    for label in given.get("store_labels") or ():
        check_keys(label, LABEL_FIELDS)
    rule_id = rule_id or given.get("rule_id")
    kept = dict(DEFAULTS) if rule_id is None else dict(DEFAULTS) | get(connection, rule_id)
    body = kept | {name: value for name, value in given.items() if name in DEFAULTS}
    for name, root in (("condition", ROOT), ("action_condition", PRODUCTS)):
        body[name] = _condition(body[name] or {"condition_type": root, "value": True})
    for name in ("from_date", "to_date"):
        body[name] = body[name][:10] if body[name] else None
    if body["from_date"] and body["to_date"] and body["to_date"] < body["from_date"]:
        raise Refused(400, "End Date must follow Start Date.; ")
    if body["coupon_type"] not in COUPON_TYPES:
        body["coupon_type"] = "0"
    body["discount_qty"] = body["discount_qty"] or None
    return _keep(connection, body, rule_id)


def get(connection: sqlite3.Connection, rule_id: int) -> Body:
    """The rule as the API shows it. Raises Refused."""
    row = connection.execute("SELECT body FROM rules WHERE rule_id = ?", (rule_id,)).fetchone()
    if row is None:
        raise missing()
    body: Body = json.loads(row["body"])
    return body


def delete(connection: sqlite3.Connection, rule_id: int) -> None:
    """Removes the rule and its coupons, whose names are free again. Raises Refused."""
    get(connection, rule_id)
    connection.execute("DELETE FROM coupons WHERE rule_id = ?", (rule_id,))
    connection.execute("DELETE FROM rules WHERE rule_id = ?", (rule_id,))


def check_keys(given: Mapping[str, Any], known: frozenset[str]) -> None:
    """A key that nobody knows is a failure inside. Raises Refused."""
    if not isinstance(given, Mapping) or given.keys() - known:
        raise masked()


def _keep(connection: sqlite3.Connection, body: Body, rule_id: int | None) -> Body:
    columns = (body["name"], body["description"], int(body["is_active"]), body["from_date"], body["to_date"])
    if rule_id is None:
        row = connection.execute(
            "INSERT INTO rules (name, description, is_active, from_date, to_date, body) VALUES (?, ?, ?, ?, ?, '{}')"
            " RETURNING rule_id",
            columns,
        ).fetchone()
        rule_id = int(row["rule_id"])
    told = present({name: body[name] for name in DEFAULTS} | {"rule_id": rule_id})
    connection.execute(
        "UPDATE rules SET name = ?, description = ?, is_active = ?, from_date = ?, to_date = ?, body = ? WHERE rule_id = ?",
        (*columns, json.dumps(told), rule_id),
    )
    # all its generated coupons take over its limits
    limits = (body["uses_per_coupon"] or None, body["uses_per_customer"] or None, rule_id)
    connection.execute("UPDATE coupons SET usage_limit = ?, usage_per_customer = ? WHERE rule_id = ?", limits)
    return told


def _condition(given: Mapping[str, Any]) -> Body:
    check_keys(given, CONDITION_FIELDS)
    inner = [_condition(one) for one in given.get("conditions") or ()]
    told: Body = {"condition_type": given.get("condition_type")}
    if inner:
        told["conditions"] = inner
    if given.get("attribute_name") is None:
        told |= {"aggregator_type": given.get("aggregator_type") or "all", "operator": given.get("operator")}
    else:
        told |= {"operator": given.get("operator"), "attribute_name": given["attribute_name"]}
    return told | {"value": given.get("value")}
