"""Coupons: one per code whatever its case; their limits are their rule's, and their own end is kept and never looked at."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from plugin.sandbox.magento import rules
from plugin.sandbox.magento.refusals import Refused, missing
from plugin.sandbox.magento.searching import Source
from plugin.sandbox.magento.values import Body

COLUMNS = (
    "coupon_id", "rule_id", "code", "usage_limit", "usage_per_customer", "times_used", "expiration_date", "is_primary",
    "created_at", "type",
)  # fmt: skip
COUPONS = Source(table="coupons", key="coupon_id", columns={name: name for name in COLUMNS})
FIELDS = frozenset(COLUMNS) | {"extension_attributes"}
SPEC_FIELDS = frozenset({
    "rule_id", "format", "quantity", "length", "prefix", "suffix", "delimiter_at_every", "delimiter",
    "extension_attributes",
})  # fmt: skip
ALPHABETS = {"alphanum": "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "alpha": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
             "num": "0123456789"}  # fmt: skip
NOT_SAVED, NOT_GENERATED = "Error occurred when saving coupon: %1", "Error occurred when generating coupons: %1"


def save(connection: sqlite3.Connection, given: Mapping[str, Any], *, coupon_id: int | None = None) -> Body:
    """A new coupon, or an old one with what is given changed. Raises Refused."""
    rules.check_keys(given, FIELDS)
    coupon_id = coupon_id or given.get("coupon_id")
    kept = dict.fromkeys(COLUMNS) if coupon_id is None else dict(_row(connection, coupon_id))
    held = kept | {name: given[name] for name in COLUMNS if name in given and name != "coupon_id"}
    rule = _rule_for(connection, held["rule_id"], held["type"])
    told_uses = held["times_used"]
    held |= {
        "usage_limit": rule["uses_per_coupon"] or None,
        "usage_per_customer": rule["uses_per_customer"] or None,
        "times_used": held["times_used"] or 0,
        "is_primary": 1 if held["is_primary"] else None,
        "type": held["type"] or 0,
    }
    values = [held[name] for name in COLUMNS if name != "coupon_id"]
    try:
        row = connection.execute(
            f"INSERT INTO coupons VALUES (?{', ?' * len(values)}) ON CONFLICT (coupon_id) DO UPDATE SET "  # noqa: S608 (names from this file)
            + ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name != "coupon_id")
            + " RETURNING *",
            (coupon_id, *values),
        ).fetchone()
    except sqlite3.IntegrityError as error:
        raise Refused(400, "%1 already exists.", ["Coupon with the same code"]) from error
    # what was just made shows what was given, and no number of a kind that was not told
    told = body(row)
    if coupon_id is None:
        told["times_used"] = told_uses
        if given.get("type") is None:
            del told["type"]
    return told


def get(connection: sqlite3.Connection, coupon_id: int) -> Body:
    """The coupon as the API shows it. Raises Refused."""
    return body(_row(connection, coupon_id))


def by_code(connection: sqlite3.Connection, code: str) -> sqlite3.Row | None:
    """The coupon of a code, whatever its case."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM coupons WHERE code = ?", (code.strip(),)).fetchone()
    return row


def body(row: sqlite3.Row) -> Body:
    """A coupon as the API shows it."""
    told = {name: row[name] for name in COLUMNS}
    told["is_primary"] = True if told["is_primary"] else None
    return {name: value for name, value in told.items() if value is not None or name in {"times_used", "is_primary"}}


def delete(connection: sqlite3.Connection, coupon_id: int) -> None:
    """Removes it; its name is free again. Raises Refused."""
    _row(connection, coupon_id)
    connection.execute("DELETE FROM coupons WHERE coupon_id = ?", (coupon_id,))


def delete_many(connection: sqlite3.Connection, column: str, wanted: Sequence[Any], *, ignore: bool) -> Body:
    """Removes those of these ids or codes, and says which are not there. Raises Refused for those when not ignored."""
    lacking = []
    for one in wanted:
        gone = connection.execute(f"DELETE FROM coupons WHERE {column} = ?", (one,))  # noqa: S608 (two names)
        if gone.rowcount == 0:
            lacking.append(str(one))
    if lacking and not ignore:
        raise Refused(400, "Some coupons are invalid.")
    return {"failed_items": [], "missing_items": lacking}


def generate(connection: sqlite3.Connection, spec: Mapping[str, Any]) -> list[str]:
    """Makes codes of its own, other ones every time it is asked. Raises Refused."""
    rules.check_keys(spec, SPEC_FIELDS)
    if any(spec.get(name) is None for name in ("rule_id", "quantity", "length")):
        raise Refused(400, "One or more input exceptions have occurred.")
    rule_id, form = spec["rule_id"], spec.get("format", "alphanum")
    try:
        rule = rules.get(connection, rule_id)
    except Refused as error:
        raise Refused(400, NOT_GENERATED, [f"No such entity with rule_id = {rule_id}"]) from error
    if not rule["use_auto_generation"]:
        raise Refused(400, NOT_GENERATED, ["Specified rule does not allow automatic coupon generation"])
    if form not in ALPHABETS:
        raise Refused(400, NOT_GENERATED, [f'Warning: Undefined array key "{form}" in Helper/Coupon.php on line 148'])
    return [_fresh(connection, rule_id, spec, ALPHABETS[form]) for _ in range(int(spec["quantity"]))]


def _fresh(connection: sqlite3.Connection, rule_id: int, spec: Mapping[str, Any], letters: str) -> str:
    rng = random.SystemRandom()
    length = int(spec["length"])
    while True:
        made = "".join(rng.choice(letters) for _ in range(length))
        every = int(spec.get("delimiter_at_every") or 0)
        if every:
            parts = [made[at : at + every] for at in range(0, len(made), every)]
            made = str(spec.get("delimiter", "-")).join(parts)
        code = f"{spec.get('prefix', '')}{made}{spec.get('suffix', '')}"
        if by_code(connection, code) is None:
            save(connection, {"rule_id": rule_id, "code": code, "type": 1})
            return code
        # too few of this length: silently longer
        length += 1


def _row(connection: sqlite3.Connection, coupon_id: int) -> sqlite3.Row:
    row: sqlite3.Row | None = connection.execute("SELECT * FROM coupons WHERE coupon_id = ?", (coupon_id,)).fetchone()
    if row is None:
        raise missing()
    return row


def _rule_for(connection: sqlite3.Connection, rule_id: Any, kind: Any) -> Body:
    try:
        rule = rules.get(connection, rule_id)
    except Refused as error:
        raise Refused(400, NOT_SAVED, [f"No such entity with rule_id = {rule_id}"]) from error
    if rule["coupon_type"] == "NO_COUPON":
        raise Refused(400, NOT_SAVED, ["Specified rule does not allow coupons"])
    if rule["use_auto_generation"] and not kind:
        raise Refused(400, NOT_SAVED, ["Specified rule only allows auto generated coupons"])
    if not rule["use_auto_generation"] and kind:
        raise Refused(400, NOT_SAVED, ["Specified rule does not allow auto generated coupons"])
    return rule
