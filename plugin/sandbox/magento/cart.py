"""The checkout: which rule a code brings, and what that takes off. Why a code is not accepted is never told.

Only the rule's dates count, by days of the store's calendar. How often a code was used is known when a queue has been
worked off, so that a code for one use can be used twice; a limit per customer counts the whole rule and no guests.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from plugin.sandbox import cash
from plugin.sandbox.magento import coupons, rules
from plugin.sandbox.magento.order_bodies import ZERO, Buyer, Reduction
from plugin.sandbox.magento.refusals import NOT_VALID, Refused
from plugin.sandbox.order_bodies import Line

FREE_SHIPPING = frozenset({"MATCHING_ITEMS_ONLY", "FREE_WITH_MATCHING_ITEMS"})


def reduction(
    connection: sqlite3.Connection,
    code: str,
    *,
    buyer: Buyer,
    lines: Sequence[Line],
    shipping: Decimal,
    website_id: int,
    zone: ZoneInfo,
    currency: str,
    at: datetime,
) -> tuple[sqlite3.Row, Reduction]:
    """The coupon and what it takes off. Raises Refused, in one and the same words for every reason."""
    coupon = coupons.by_code(connection, code)
    rule = rules.get(connection, coupon["rule_id"]) if coupon is not None else None
    if coupon is None or rule is None or not _open(rule, buyer, website_id, at.astimezone(zone).date().isoformat()):
        raise Refused(404, NOT_VALID)
    if _used_up(connection, coupon, buyer):
        raise Refused(404, NOT_VALID)
    matching = [line for line in lines if _matches(rule["action_condition"], line)]
    subtotal = sum((line.total for line in lines), ZERO)
    if not _holds(rule["condition"], subtotal) or not matching:
        raise Refused(404, NOT_VALID)
    off = _off(rule, lines, matching, currency)
    free = rule.get("simple_free_shipping") in FREE_SHIPPING
    if off is None:
        raise Refused(400, "The coupon code couldn't be applied. Verify the coupon code and try again.")
    # free shipping is no discount: the carriage simply costs nothing
    label = next((one["store_label"] for one in rule["store_labels"] if one["store_id"] == 0), None)
    return coupon, Reduction(
        code=coupon["code"],
        rule_id=rule["rule_id"],
        label=label,
        lines=tuple(off),
        carriage=ZERO if free else shipping,
    )


def use(connection: sqlite3.Connection, coupon: sqlite3.Row, *, order_id: int, customer_id: int | None) -> None:
    """Notes a use for the queue; the coupon's own number moves when the queue is worked off."""
    connection.execute(
        "INSERT INTO coupon_uses (coupon_id, rule_id, order_id, customer_id) VALUES (?, ?, ?, ?)",
        (coupon["coupon_id"], coupon["rule_id"], order_id, customer_id),
    )


def count_uses(connection: sqlite3.Connection) -> int:
    """Works the queue off; how many uses were counted."""
    waiting = connection.execute("SELECT * FROM coupon_uses WHERE counted = 0").fetchall()
    for one in waiting:
        connection.execute("UPDATE coupons SET times_used = times_used + 1 WHERE coupon_id = ?", (one["coupon_id"],))
        connection.execute("UPDATE coupon_uses SET counted = 1 WHERE number = ?", (one["number"],))
    return len(waiting)


def _open(rule: Mapping[str, Any], buyer: Buyer, website_id: int, today: str) -> bool:
    return bool(
        rule["is_active"]
        and website_id in rule["website_ids"]
        and buyer.group_id in rule["customer_group_ids"]
        and rule.get("from_date", today) <= today <= rule.get("to_date", today)
        and rule["coupon_type"] != "NO_COUPON"
    )


def _used_up(connection: sqlite3.Connection, coupon: sqlite3.Row, buyer: Buyer) -> bool:
    if coupon["usage_limit"] and coupon["times_used"] >= coupon["usage_limit"]:
        return True
    if not coupon["usage_per_customer"] or buyer.customer_id is None:
        return False
    used = connection.execute(
        "SELECT count(*) FROM coupon_uses WHERE counted = 1 AND rule_id = ? AND customer_id = ?",
        (coupon["rule_id"], buyer.customer_id),
    ).fetchone()[0]
    return bool(used >= coupon["usage_per_customer"])


def _holds(condition: Mapping[str, Any], subtotal: Decimal) -> bool:
    """The conditions of the rule that the sandbox knows: the subtotal of the basket."""
    leaves = condition.get("conditions", ())
    held = (one for one in leaves if one.get("attribute_name") in {"base_subtotal", "base_subtotal_with_discount"})
    return all(subtotal >= Decimal(str(one["value"])) for one in held)


def _matches(condition: Mapping[str, Any], line: Line) -> bool:
    """Whether a line is one of those that the rule is for: by sku or by category."""
    for one in condition.get("conditions", ()):
        wanted = {part.strip() for part in str(one["value"]).split(",")}
        if one.get("attribute_name") == "sku" and f"SKU-{line.product_id}" not in wanted:
            return False
        if one.get("attribute_name") == "category_ids" and not wanted & {str(each) for each in line.collections}:
            return False
    return True


def _off(
    rule: Mapping[str, Any], lines: Sequence[Line], matching: Sequence[Line], currency: str
) -> list[Decimal] | None:
    """What is taken off each line; None for an action that does not exist."""
    amount = Decimal(str(rule["discount_amount"]))
    weights = [line.total if line in matching else ZERO for line in lines]
    match rule.get("simple_action"):
        case "by_percent":
            share = min(amount, Decimal(100)) / 100
            return [cash.rounded(weight * share, currency) for weight in weights]
        case "cart_fixed":
            return cash.shared_out(min(amount, sum(weights, ZERO)), weights, currency)
        case "by_fixed":
            most = Decimal(str(rule.get("discount_qty") or 0))
            return [
                min(weight, amount * (min(most, Decimal(line.quantity)) if most else line.quantity)) if weight else ZERO
                for line, weight in zip(lines, weights, strict=True)
            ]
        case _:
            return None
