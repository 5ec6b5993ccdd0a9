"""Customers by the month or quarter of their first order, and who of them ordered, or what they brought, in each one after."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from plugin.pages import charts, formats
from plugin.pages.say import _, later, plural
from storage.money import exponent

CHOICES = {"customers": later("Customers"), "revenue": later("Revenue")}
REVENUE = "revenue"
SPOKEN_OF = (1, 3)
Cells = Sequence[Sequence[float | None]]


def table(told: Mapping[str, Any], which: str, currency: str) -> dict[str, Any] | None:
    """The table by months with its sentence; None before a month is over."""
    return by_periods(told["cohorts"], which, currency, name=_month, sentence=_sentence)


def by_quarters(found: Mapping[str, Any], which: str, currency: str) -> dict[str, Any] | None:
    """The same by quarters; None before the quarter after the first is over."""
    return by_periods(found, which, currency, name=_quarter, sentence=_of_quarters)


def by_periods(
    found: Mapping[str, Any], which: str, currency: str, *, name: Callable[[str], str], sentence: Callable[..., str]
) -> dict[str, Any] | None:
    """A row for each period in which somebody first ordered; None before the one after the first is over."""
    cells = cells_of(found, which)
    if not any(len(row) > 1 for row in cells):
        return None
    return {
        "sentence": sentence(found["sizes"], cells, which, currency),
        "months": [formats.number(place) for place in range(max(len(row) for row in cells))],
        # in the first month everyone has ordered: it would drown the rest
        "rows": rows(found, which, currency, name=name, first=0 if which == REVENUE else 1),
    }


def cells_of(found: Mapping[str, Any], which: str) -> Cells:
    """Shares of customers, or what each has brought up to then, minor units."""
    cells: Cells = found["value" if which == REVENUE else "active"]
    return cells


def rows(
    found: Mapping[str, Any], which: str, currency: str, *, name: Callable[[str], str], first: int
) -> list[dict[str, Any]]:
    """Name, size and cells of each row; cells are coloured from the ``first`` on, one that is not known is empty."""
    cells = cells_of(found, which)
    most = max((value for row in cells for value in row[first:] if value), default=0)
    # one way of writing for all amounts of a table
    unit = 10 ** exponent(currency) if most >= formats.WHOLE_FROM * 10 ** exponent(currency) else 1

    def cell(value: float | None, place: int) -> dict[str, Any]:
        if value is None:
            return {"text": "", "heat": ""}
        text = formats.money(round(value / unit) * unit, currency) if which == REVENUE else formats.round_share(value)
        return {"text": text, "heat": charts.heat(value, most) if place >= first else ""}

    return [
        {
            "name": name(title),
            "size": formats.number(size),
            "cells": [cell(value, place) for place, value in enumerate(row)],
        }
        for title, size, row in zip(found["names"], found["sizes"], cells, strict=True)
    ]


def _sentence(sizes: Sequence[int], cells: Cells, which: str, currency: str) -> str:
    found = _spoken_of(sizes, cells)
    if found is None:
        return ""
    last, mean = found
    after = plural("%(count)s month", "%(count)s months", last)
    if which == REVENUE:
        amount = formats.money(round(mean), currency, whole=True)
        return _("%(months)s after the month of their first order customers have brought %(amount)s on average.",
                 months=after, amount=amount)  # fmt: skip
    share = formats.ratio(mean)
    return _("%(months)s after the month of their first order %(share)s of customers order.", months=after, share=share)


def _of_quarters(sizes: Sequence[int], cells: Cells, which: str, currency: str) -> str:
    mean = _mean(sizes, cells, 1)
    if mean is None:
        return ""
    if which == REVENUE:
        amount = formats.money(round(mean), currency, whole=True)
        return _("By the end of the quarter after their first order customers have brought %(amount)s on average.",
                 amount=amount)  # fmt: skip
    return _("In the quarter after that of their first order %(share)s of customers order.", share=formats.ratio(mean))


def _spoken_of(sizes: Sequence[int], cells: Cells) -> tuple[int, float] | None:
    means = {place: _mean(sizes, cells, place) for place in SPOKEN_OF}
    told = [(place, mean) for place, mean in means.items() if mean is not None]
    return max(told, default=None)


def _mean(sizes: Sequence[int], cells: Cells, place: int) -> float | None:
    """Over all cohorts that old, each customer counting once."""
    found = [
        (size, row[place])
        for size, row in zip(sizes, cells, strict=True)
        if len(row) > place and row[place] is not None
    ]
    whole = sum(size for size, _value in found)
    return sum(size * (value or 0.0) for size, value in found) / whole if whole else None


def _month(name: str) -> str:
    first = datetime.fromisoformat(name).replace(tzinfo=UTC)
    return formats.month(first.year, first.month)


def _quarter(name: str) -> str:
    first = datetime.fromisoformat(name)
    return _("Q%(quarter)s %(year)s", quarter=(first.month + 2) // 3, year=first.year)
