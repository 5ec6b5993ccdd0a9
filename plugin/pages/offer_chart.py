"""Offers given and redeemed week by week or month by month, and how the month's budget stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from plugin.pages import charts, formats
from plugin.pages.figures import LONGEST_BY_WEEK, Figures
from plugin.pages.say import _, plural

TOP, BOTTOM, HEIGHT = 10, 120, 142
TICKS = 4


def chart(seen: Figures) -> dict[str, Any] | None:
    """Paired bars with their table; None while nothing was ever given."""
    most = max((max(pair) for pair in seen.spans), default=0)
    if not most:
        return None
    given, used = ([pair[place] for pair in seen.spans] for place in (0, 1))
    starts = seen.edges[:-1]
    weekly = by_week(seen)
    return {
        "given": charts.bars(given, most=most, top=TOP, bottom=BOTTOM, part=0, parts=2),
        "used": charts.bars(used, most=most, top=TOP, bottom=BOTTOM, part=1, parts=2),
        "ticks": _ticks(starts, weekly=weekly),
        "first": _("Week from") if weekly else _("Month"),
        "rows": [
            {"name": _name(start, weekly=weekly), "given": formats.number(one), "used": formats.number(other)}
            for start, one, other in zip(starts, given, used, strict=True)
        ],
        "most": formats.number(most),
        "top": TOP, "bottom": BOTTOM, "height": HEIGHT,
    }  # fmt: skip


def budget(seen: Figures) -> dict[str, Any]:
    """The month's money: used, set aside, left."""
    cap = seen.program.limits.monthly_budget if seen.program else 0
    used = seen.budget.reserved_minor + seen.budget.booked_minor
    left = max(cap - used, 0)

    def money(minor: int) -> str:
        return formats.money(minor, seen.shop.currency, whole=True)

    return {
        "sentence": _(
            "%(used)s of this month's budget of %(cap)s is used or set aside.", used=money(used), cap=money(cap)
        ),
        "title": _("Budget: %(share)s used or set aside", share=formats.share(used, cap)),
        "slices": charts.slices(
            [("booked", seen.budget.booked_minor), ("reserved", seen.budget.reserved_minor), ("left", left)]
        ),
        "rows": [
            {"key": "booked", "text": _("Used: %(amount)s", amount=money(seen.budget.booked_minor))},
            {
                "key": "reserved",
                "text": _("Set aside for open offers: %(amount)s", amount=money(seen.budget.reserved_minor)),
            },
            {"key": "left", "text": _("Left: %(amount)s", amount=money(left))},
        ],
    }


def finding(seen: Figures, chart_shown: Mapping[str, Any] | None) -> str:
    """What became of the offers of the period."""
    if chart_shown is None:
        return ""
    given, used = (sum(pair[place] for pair in seen.spans) for place in (0, 1))
    count = len(seen.spans)
    span = plural("%(count)s week", "%(count)s weeks", count) if by_week(seen) else plural(
        "%(count)s month", "%(count)s months", count
    )  # fmt: skip
    return plural(
        "In the last %(span)s %(count)s offer was given and %(used)s redeemed.",
        "In the last %(span)s %(count)s offers were given and %(used)s redeemed.",
        given, span=span, used=formats.number(used),
    )  # fmt: skip


def by_week(seen: Figures) -> bool:
    """Whether a bar is a week; else it is a month."""
    return seen.days <= LONGEST_BY_WEEK


def _name(start: datetime, *, weekly: bool) -> str:
    return formats.date(start) if weekly else formats.month(start.year, start.month)


def _ticks(starts: Sequence[datetime], *, weekly: bool) -> list[charts.Mark]:
    count = len(starts)
    step = max(1, -(-count // TICKS))
    return [
        charts.Mark(
            x=round(100 * place / count, 2),
            text=formats.day_and_month(starts[place]) if weekly else formats.month_name(starts[place]),
            anchor="start",
        )
        for place in range(0, count, step)
    ]
