"""On which day of silence a typical customer would hear of what: as a hint beside a field, and as lines over the histogram of gaps.

Typical is the middle one of the customers that a preview is worked out from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import Any

from plugin.pages import charts, formats, names
from plugin.pages.say import _
from plugin.rewards.program import Program
from plugin.usecases.backtest.past import Past
from storage import snapshots

MULTIPLE = "win_back.timing.gap_multiple_tenths"
DAY = timedelta(days=1)
TOP, BOTTOM, HEIGHT = 6, 60, 78
#: a line beyond the last bar stands at its edge
EDGE = 100.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """Days; None while the store has no gaps."""

    usual_gap: float | None
    late_after: float | None


def of_customers(db: Any, shop_id: int, past: Past) -> Typical:
    """The middle ones of a sample."""
    found = snapshots.brief(db, shop_id, past.customers).values()
    gaps = [one.usual_gap_days for one in found if one.usual_gap_days is not None]
    late = [(one.late_at - one.last_order_at) / DAY for one in found if one.late_at is not None]
    return Typical(usual_gap=median(gaps) if gaps else None, late_after=median(late) if late else None)


def begins(program: Program, typical: Typical) -> float | None:
    """From which day of silence on win-back may write; None where that cannot be told of a typical customer."""
    timing = program.win_back.timing
    if timing.rule == "days":
        return float(timing.days)
    if timing.rule == "gap_multiple":
        return None if typical.usual_gap is None else typical.usual_gap * timing.gap_multiple_tenths / 10
    return typical.late_after if timing.rule == "recommended" else None


def hints(program: Program, typical: Typical) -> dict[str, list[dict[str, Any]]]:
    """What stands under a field as one types: the day that a multiple comes to."""
    day = begins(program, typical)
    if program.win_back.timing.rule != "gap_multiple" or day is None:
        return {}
    told = _("About day %(day)s for a typical customer.", day=formats.number(round(day)))
    return {MULTIPLE: [{"code": "typical_day", "text": told, "numbers": {"day": round(day)}}]}


def chart(program: Program, typical: Typical, gaps: Mapping[str, Any]) -> dict[str, Any] | None:
    """The histogram of days between orders with a line for each step; None without win-back or without gaps."""
    first = begins(program, typical)
    if first is None or not program.win_back.enabled or not gaps.get("count"):
        return None
    whole, days, told, day = gaps["width"] * len(gaps["bars"]), [], [], first
    for step in program.win_back.steps:
        day += step.wait_days
        days.append(day)
        told.append(_("%(step)s %(day)s", step=names.step("win_back", step.name), day=formats.number(round(day))))
    return {
        "bars": charts.bars(gaps["bars"], most=max(gaps["bars"]), top=TOP, bottom=BOTTOM),
        "lines": [round(min(100 * at / whole, EDGE), 2) for at in days],
        "last": charts.mark(100, formats.days(whole)),
        "top": TOP, "bottom": BOTTOM, "height": HEIGHT,
        "sentence": _(
            "A typical customer would hear from you on these days without an order: %(steps)s.",
            steps=formats.listed(told),
        ),
    }  # fmt: skip
