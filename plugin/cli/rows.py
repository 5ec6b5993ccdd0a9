"""Rows on standard output: JSON lines, CSV or Parquet."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: a spreadsheet takes a cell that begins with one of these for a formula
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def write(
    rows: Iterable[dict[str, Any]], *, names: Sequence[str], form: str, types: Mapping[str, str] | None = None
) -> None:
    """Writes rows with the given fields, in their order, in the form jsonl, csv or parquet.

    ``types`` are Parquet's, by field; without them they are what the values happen to be, and none where all are empty.
    """
    match form:
        case "jsonl":
            for row in rows:
                sys.stdout.write(json.dumps({name: row[name] for name in names}, ensure_ascii=False) + "\n")
        case "csv":
            _csv(rows, names)
        case _:
            _parquet(rows, names, types)


def _csv(rows: Iterable[dict[str, Any]], names: Sequence[str]) -> None:
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(names)
    for row in rows:
        out.writerow([_cell(row[name]) for name in names])


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        value = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return f"'{value}"
    return value


def _parquet(rows: Iterable[dict[str, Any]], names: Sequence[str], types: Mapping[str, str] | None) -> None:
    import pyarrow as pa  # noqa: PLC0415 - large, and only who wants this form needs it
    from pyarrow import parquet  # noqa: PLC0415

    kept = [{name: row[name] for name in names} for row in rows]
    schema = pa.schema([(name, types[name]) for name in names]) if types else None
    table = pa.table({name: [row[name] for row in kept] for name in names}, schema=schema)
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink)
    sys.stdout.buffer.write(sink.getvalue().to_pybytes())
