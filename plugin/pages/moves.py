"""How customers moved between the groups in a month: who was where at its begin, and where at its end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from plugin.pages import charts, formats, names
from plugin.pages.say import _, plural
from plugin.pages.told_habits import Habits

#: who had not ordered yet
PROSPECTS = "prospects"
#: of a month that has only just begun nothing is shown beside those that are over
SHORTEST = timedelta(days=1)
MINUS = "−"


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """The moves of one month; rows from, columns to."""

    #: YYYY-MM on the shop's calendar
    key: str
    start: datetime
    end: datetime
    matrix: Sequence[Sequence[int]]
    #: False while it lasts
    over: bool

    @property
    def name(self) -> str:
        """Oct 2026, or Nov 2026 so far."""
        told = formats.month(self.start.year, self.start.month)
        return told if self.over else _("%(month)s so far", month=told)


def months(habits: Habits, timezone: str) -> dict[str, Month]:
    """Those in which there was a customer, by key, oldest first; the present one last, once a day of it is over."""
    found = [_month(one, timezone) for one in habits.get("movements", [])]
    found = [one for one in found if any(map(any, one.matrix))]
    if len(found) > 1 and found[-1].end - found[-1].start < SHORTEST:
        found.pop()
    return {one.key: one for one in found}


def usual(known: Mapping[str, Month]) -> str:
    """The month that is shown if none is asked for: the newest that is over; "" where there is none."""
    return next((key for key, one in reversed(list(known.items())) if one.over), next(iter(known), ""))


def choices(known: Mapping[str, Month]) -> dict[str, str]:
    """What the months are called side by side: the year with the first and with each January."""
    first = next(iter(known), "")
    return {
        key: one.name if key == first or one.start.month == 1 or not one.over else formats.month_name(one.start)
        for key, one in known.items()
    }


def table(habits: Habits, month: Month | None) -> dict[str, Any]:
    """The matrix with its finding; ``empty`` says why there is none."""
    if month is None:
        return {"empty": _("Shows once customers have ordered.")}
    groups, matrix = habits["groups"], month.matrix
    before, after = [sum(row) for row in matrix], [sum(column) for column in zip(*matrix, strict=True)]
    rows = [place for place in range(len(groups)) if before[place] or after[place]]
    # nobody takes an order back, so that nobody becomes a prospect again
    columns = [place for place in rows if groups[place] != PROSPECTS or after[place]]
    most = max((matrix[one][other] for one in rows for other in columns if one != other), default=0)
    return {
        "empty": "",
        "sentence": _sentence(groups, month),
        "columns": [names.group(groups[place]) for place in columns],
        "rows": [
            {
                "name": _("First order") if groups[here] == PROSPECTS else names.group(groups[here]),
                "cells": [_cell(matrix[here][there], most, stays=here == there) for there in columns],
                **({} if groups[here] == PROSPECTS else _ends(before[here], after[here])),
            }
            for here in rows
        ],
    }


def _month(one: Habits, timezone: str) -> Month:
    zone = formats.zone(timezone)
    start, end = (datetime.fromisoformat(one[name]).astimezone(zone) for name in ("start", "end"))
    following = (start.replace(day=28) + timedelta(days=4)).replace(day=1)
    return Month(key=f"{start:%Y-%m}", start=start, end=end, matrix=one["matrix"], over=end >= following)


def _cell(count: int, most: int, *, stays: bool) -> dict[str, Any]:
    text = formats.number(count) if count else ""
    return {"text": text, "kind": "same" if stays else f"heat-{charts.heat(count, most)}"}


def _ends(before: int, after: int) -> dict[str, str]:
    more = after - before
    sign = "+" if more > 0 else MINUS if more < 0 else ""
    return {
        "before": formats.number(before),
        "after": formats.number(after),
        "more": sign + formats.number(abs(more)),
    }


def _sentence(groups: Sequence[str], month: Month) -> str:
    """How many stayed, the largest move, how many are new."""
    matrix, known = month.matrix, [place for place, name in enumerate(groups) if name != PROSPECTS]
    whole = sum(sum(matrix[place]) for place in known)
    moves = [(matrix[one][other], -one, -other) for one in known for other in known if one != other]
    count, one, other = max(moves, default=(0, 0, 0))
    told = []
    if whole:
        stayed = formats.share(sum(matrix[place][place] for place in known), whole)
        told.append(_("%(month)s: %(share)s of customers stayed in their group.", month=month.name, share=stayed))
    if count:
        told.append(
            _(
                "The largest move was from %(one)s to %(other)s (%(number)s).",
                one=names.group(groups[-one]),
                other=names.group(groups[-other]),
                number=formats.number(count),
            )
        )
    new = sum(sum(row) for place, row in enumerate(matrix) if place not in known)
    if new:
        told.append(_new(new))
    return reduce(lambda first, second: _("%(first)s %(second)s", first=first, second=second), told)


def _new(count: int) -> str:
    return plural(
        "%(count)s customer ordered for the first time.", "%(count)s customers ordered for the first time.", count
    )
