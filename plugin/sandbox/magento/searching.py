"""searchCriteria, executed as Magento does: what is wrong is rarely refused, and mostly means something else.

The direction of an order that names none is descending, a page without a size is everything, an operator that does not
exist finds nothing, a field that does not exist is a masked failure, and text is compared without case.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from plugin.sandbox.magento.refusals import Refused, masked, required

STEP = re.compile(r"\[([^\]]*)\]")
CAPITAL = re.compile(r"(?<=[a-z])([A-Z])")
COMPARISONS = {
    "eq": "= ?", "neq": "!= ?", "gt": "> ?", "gteq": ">= ?", "moreq": ">= ?", "from": ">= ?", "lt": "< ?",
    "lteq": "<= ?", "to": "<= ?", "like": "LIKE ?", "nlike": "NOT LIKE ?", "null": "IS NULL", "notnull": "IS NOT NULL",
}  # fmt: skip
LISTS = {"in": "IN", "nin": "NOT IN"}
NOTHING = "0 = 1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A table that can be searched: field of the API → column."""

    table: str
    key: str
    columns: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """A page of rows, what was asked for as the answer repeats it, and how many there are altogether."""

    rows: list[sqlite3.Row]
    criteria: dict[str, Any]
    total: int


def criteria_of(query: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """The parsed criteria, in snake case. Raises Refused where there are none."""
    found = [(key, value) for key, value in query if key.partition("[")[0] in {"searchCriteria", "search_criteria"}]
    if not found:
        raise required("searchCriteria")
    tree: dict[str, Any] = {}
    for key, value in found:
        at = tree
        steps = [CAPITAL.sub(lambda hit: f"_{hit[1].lower()}", step) for step in STEP.findall(key)]
        for step in steps[:-1]:
            at = at.setdefault(step, {})
        if steps:
            at[steps[-1]] = value
    return tree


def find(connection: sqlite3.Connection, source: Source, query: Sequence[tuple[str, str]]) -> Hits:
    """What the criteria find. Raises Refused."""
    tree = criteria_of(query)
    groups = [
        [
            {"field": one.get("field", ""), "value": one.get("value", ""), "condition_type": one.get("condition_type", "eq")}
            for one in group.get("filters", {}).values()
        ]
        for group in tree.get("filter_groups", {}).values()
    ]  # fmt: skip
    clauses, values = _where(source, groups)
    orders = [_order(one) for one in tree.get("sort_orders", {}).values()]
    size, page = int(tree.get("page_size") or 0), int(tree.get("current_page") or 1)
    base = f"FROM {source.table} WHERE {clauses}"
    total = connection.execute(f"SELECT count(*) {base}", values).fetchone()[0]
    ordered = ", ".join(f"{_column(source, field)} {direction}" for field, direction in orders) or source.key
    limit = f" LIMIT {size} OFFSET {size * (page - 1)}" if size else ""
    rows = connection.execute(f"SELECT * {base} ORDER BY {ordered}{limit}", values).fetchall()
    told: dict[str, Any] = {"filter_groups": [{"filters": group} for group in groups]}
    if orders:
        told["sort_orders"] = [{"field": field, "direction": direction} for field, direction in orders]
    told |= {name: int(tree[name]) for name in ("page_size", "current_page") if name in tree}
    return Hits(rows=rows, criteria=told, total=total)


def _where(source: Source, groups: Sequence[Sequence[Mapping[str, str]]]) -> tuple[str, list[str]]:
    clauses, values = [], []
    for group in groups:
        parts = []
        for one in group:
            part, used = _compare(_column(source, one["field"]), one["condition_type"], one["value"])
            parts.append(part)
            values += used
        if parts:
            clauses.append("(" + " OR ".join(parts) + ")")
    return " AND ".join(clauses) or "1 = 1", values


def _compare(column: str, condition: str, value: str) -> tuple[str, list[str]]:
    if column.endswith("_at"):
        value = value.replace("T", " ").removesuffix("Z")
    if condition in LISTS:
        listed = value.split(",")
        return f"{column} {LISTS[condition]} ({', '.join('?' * len(listed))})", listed
    if condition not in COMPARISONS:
        return NOTHING, []
    told = COMPARISONS[condition]
    return f"{column} {told}", [value] if "?" in told else []


def _column(source: Source, field: str) -> str:
    if field not in source.columns:
        raise masked()
    return source.columns[field]


def _order(one: Mapping[str, str]) -> tuple[str, str]:
    direction = one.get("direction", "DESC").upper()
    if direction not in {"ASC", "DESC"}:
        told = "The sort order has to be specified as %1 for ascending order or %2 for descending order."
        raise Refused(400, told, ["ASC", "DESC"])
    return one.get("field", ""), direction
