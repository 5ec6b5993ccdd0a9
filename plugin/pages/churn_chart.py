"""Who is active, slipping away and lost, month by month; and who was kept over the period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from plugin.pages import charts, formats
from plugin.pages.figures import Figures
from plugin.pages.metrics import PERIOD_NAMES
from plugin.pages.say import _, later, plural

TOP, BOTTOM, HEIGHT = 10, 150, 172
SERIES = {"on_time": later("Active"), "slipping": later("Slipping"), "lost": later("Lost")}
#: months named under the line
NAMED_EVERY = 3


def chart(seen: Figures) -> dict[str, Any] | None:
    """The figure with its sentence and table; None while the shop knows no rhythm."""
    points = [point for point in map(_point, seen.told["months"]) if point]
    if len(points) < 2:
        return None
    ends = [charts.height(points[-1][name], top=TOP, bottom=BOTTOM) for name in SERIES]
    labels = charts.apart([end + 4 for end in ends], top=TOP, bottom=BOTTOM)
    shown = charts.whole_percents([points[-1][name] for name in SERIES])
    return {
        "sentence": _sentence(points, shown),
        "kept": _kept(seen),
        "lines": [
            {
                "key": name,
                "name": str(told),
                "points": charts.line([point[name] for point in points], top=0, bottom=100),
                "share": formats.percent(share),
                "y": round(label, 1),
            }
            for (name, told), label, share in zip(SERIES.items(), labels, shown, strict=True)
        ],
        "ticks": _ticks(points),
        "rows": [
            {"name": formats.date(point["at"]), "cells": [formats.ratio(point[name]) for name in SERIES]}
            for point in points
        ],
        "names": [str(told) for told in SERIES.values()],
        "top": TOP, "bottom": BOTTOM, "height": HEIGHT,
    }  # fmt: skip


def _point(month: Mapping[str, Any]) -> dict[str, Any] | None:
    whole = month["on_time"] + month["late"] + month["lapsing"] + month["lost"]
    if not whole:
        return None
    return {
        "at": datetime.fromisoformat(month["at"]),
        "on_time": month["on_time"] / whole,
        "slipping": (month["late"] + month["lapsing"]) / whole,
        "lost": month["lost"] / whole,
    }


def _sentence(points: list[dict[str, Any]], shown: list[int]) -> str:
    first, (active, slipping, lost) = points[0], map(formats.percent, shown)
    return _(
        "%(active)s of your customers are active, %(slipping)s are slipping, %(lost)s are lost; on %(date)s %(then)s were active.",
        active=active, slipping=slipping, lost=lost, date=formats.date(first["at"]), then=formats.round_share(first["on_time"]),
    )  # fmt: skip


def _kept(seen: Figures) -> str:
    """Retention as sellers reckon it, with what it rests on."""
    found = seen.of_period.get("retention", {})
    if not found or found["crr_strict"] is None:
        return ""
    told = plural(
        "Of %(count)s customer active %(span)s ago %(share)s still are. Active here means: an order within %(window)s.",
        "Of %(count)s customers active %(span)s ago %(share)s still are. Active here means: an order within %(window)s.",
        found["active_start"], window=formats.days(found["window"]),
        share=formats.ratio(found["crr_strict"]), span=str(PERIOD_NAMES[seen.period]),
    )  # fmt: skip
    if not found["reactivated"]:
        return told
    back = plural(
        "%(count)s has come back who had not been active then.", "%(count)s have come back who had not been active then.",
        found["reactivated"],
    )  # fmt: skip
    return _("%(first)s %(second)s", first=told, second=back)


def _ticks(points: list[dict[str, Any]]) -> list[charts.Mark]:
    last = len(points) - 1
    named = [place for place in range(0, last, NAMED_EVERY) if last - place >= 2]
    marks = [charts.mark(100 * place / last, formats.month_name(points[place]["at"])) for place in named]
    return [*marks, charts.mark(100, _("now"))]
