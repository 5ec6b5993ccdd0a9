"""Customers by the month of their first order, and who of them ordered, or what they brought, in each month after."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from plugin.pages import charts, formats
from plugin.pages.say import _, later, plural

CHOICES = {"customers": later("Customers"), "revenue": later("Revenue")}
SPOKEN_OF = (1, 3)


def table(told: Mapping[str, Any], which: str, currency: str) -> dict[str, Any] | None:
    """The table with its sentence; None before a month is over."""
    found = told["cohorts"]
    cells: Sequence[Sequence[float | None]] = found["value" if which == "revenue" else "active"]
    if not any(len(row) > 1 for row in cells):
        return None
    # in the first month everyone has ordered: it would drown the rest
    first = 0 if which == "revenue" else 1
    most = max((value for row in cells for value in row[first:] if value), default=0)

    def cell(value: float | None, place: int) -> dict[str, Any]:
        if value is None:
            return {"text": "", "heat": 0}
        text = formats.money(round(value), currency, whole=True) if which == "revenue" else formats.round_share(value)
        return {"text": text, "heat": charts.heat(value, most) if place >= first else ""}

    return {
        "sentence": _sentence(found["sizes"], cells, which, currency),
        "months": [formats.number(place) for place in range(max(len(row) for row in cells))],
        "rows": [
            {
                "name": _month(name),
                "size": formats.number(size),
                "cells": [cell(value, place) for place, value in enumerate(row)],
            }
            for name, size, row in zip(found["names"], found["sizes"], cells, strict=True)
        ],
    }


def _sentence(
    sizes: Sequence[int], cells: Sequence[Sequence[float | None]], which: str, currency: str
) -> str:  # fmt: skip
    means = {months: _mean(sizes, cells, months) for months in SPOKEN_OF}
    told = {months: mean for months, mean in means.items() if mean is not None}
    if not told:
        return ""
    last = max(told)
    after = plural("%(count)s month", "%(count)s months", last)
    if which == "revenue":
        amount = formats.money(round(told[last]), currency, whole=True)
        return _("%(months)s after the month of their first order customers have brought %(amount)s on average.",
                 months=after, amount=amount)  # fmt: skip
    share = formats.ratio(told[last])
    return _("%(months)s after the month of their first order %(share)s of customers order.", months=after, share=share)


def _mean(sizes: Sequence[int], cells: Sequence[Sequence[float | None]], months: int) -> float | None:
    """Over all cohorts that old, each customer counting once."""
    found = [
        (size, row[months])
        for size, row in zip(sizes, cells, strict=True)
        if len(row) > months and row[months] is not None
    ]
    whole = sum(size for size, _value in found)
    return sum(size * (value or 0.0) for size, value in found) / whole if whole else None


def _month(name: str) -> str:
    first = datetime.fromisoformat(name).replace(tzinfo=UTC)
    return formats.month(first.year, first.month)
