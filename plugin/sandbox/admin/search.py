"""The search words of ``orders(query:)``: fields with a comparison, side by side or joined by AND."""

from __future__ import annotations

import re
from dataclasses import dataclass

from plugin.sandbox.times import kept, read

TERM = re.compile(r"""(?P<field>\w+):(?P<sign>>=|<=|>|<|)(?P<value>'[^']*'|"[^"]*"|\S+)|(?P<word>\S+)""")
TIMES = frozenset({"created_at", "processed_at", "updated_at"})
NUMBERS = frozenset({"id", "customer_id"})
FLAGS = {"test": "json_extract(body, '$.test')"}
STATES = {
    "any": "1",
    "open": "json_extract(body, '$.closed_at') IS NULL",
    "closed": "json_extract(body, '$.closed_at') IS NOT NULL",
    "cancelled": "json_extract(body, '$.cancelled_at') IS NOT NULL",
    "not_closed": "json_extract(body, '$.closed_at') IS NULL",
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A search as SQL over the table of orders; ``unused`` are the words that mean nothing here."""

    sql: str
    values: tuple[object, ...]
    unused: tuple[str, ...]


def condition(query: str | None) -> Condition:
    """Understands a search; as in the real store, what is not understood is left out, and told."""
    parts, values, unused = ["1"], [], []
    for found in TERM.finditer(query or ""):
        if found["word"] == "AND":
            continue
        term = None if found["word"] else _term(found["field"], found["sign"] or "=", found["value"].strip("'\""))
        if term is None:
            unused.append(found[0])
        else:
            parts.append(term[0])
            values += term[1]
    return Condition(" AND ".join(parts), tuple(values), tuple(unused))


def _term(field: str, sign: str, value: str) -> tuple[str, list[object]] | None:
    if field in TIMES or field in NUMBERS:
        return _compared(field, sign, value)
    if field in FLAGS and value in {"true", "false"}:
        return f"{FLAGS[field]} = ?", [int(value == "true")]
    if field == "status" and value in STATES:
        return STATES[value], []
    if field == "name":
        return "json_extract(body, '$.name') = ?", ["#" + value.lstrip("#")]
    return None


def _compared(field: str, sign: str, value: str) -> tuple[str, list[object]] | None:
    try:
        return f"{field} {sign} ?", [kept(read(value)) if field in TIMES else int(value)]
    except ValueError:
        return None
