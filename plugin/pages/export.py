"""Rows as a CSV file for spreadsheets, which take some texts for formulas."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: a spreadsheet takes a cell that begins with one of these for a formula
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def as_csv(rows: Iterable[Mapping[str, Any]], names: Sequence[str]) -> str:
    """The rows with the given fields, in their order, under a line with their names."""
    out = io.StringIO()
    # with this end of a line the writer also quotes a lone carriage return, which would begin a new cell
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows([_cell(row[name]) for name in names] for row in rows)
    return out.getvalue()


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value
