"""Days between orders as a histogram: how long customers take to come back, the first time, the second, or ever."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from plugin.pages import charts, formats
from plugin.pages.say import _, later, plural

CHOICES = {"all": later("All"), "first": later("1st to 2nd order"), "second": later("2nd to 3rd order")}
TOP, BOTTOM, HEIGHT = 38, 150, 172
TICKS = 5


def chart(told: Mapping[str, Any], which: str) -> dict[str, Any] | None:
    """The figure with its sentence and table; None without a single gap."""
    gaps = told["gaps"][which]
    if not gaps["count"]:
        return None
    whole = gaps["width"] * len(gaps["bars"])
    return {
        "sentence": sentence(gaps),
        "back": _back(gaps),
        "bars": charts.bars(gaps["bars"], most=max(gaps["bars"]), top=TOP, bottom=BOTTOM),
        "ticks": _ticks(gaps, whole),
        "marks": [
            {"y": 12 + 15 * place, "mark": charts.mark(100 * min(days, whole) / whole, text)}
            for place, (days, text) in enumerate((
                (gaps["median"], _("half: %(days)s", days=formats.days(gaps["median"]))),
                (gaps["most"], _("nine in ten: %(days)s", days=formats.days(gaps["most"]))),
            ))
        ],
        "rows": _rows(gaps),
        "top": TOP, "bottom": BOTTOM, "height": HEIGHT,
    }  # fmt: skip


def sentence(gaps: Mapping[str, Any]) -> str:
    """The finding."""
    return _(
        "Half of repeat orders come within %(half)s, nine in ten within %(most)s.",
        half=formats.days(gaps["median"]), most=formats.days(gaps["most"]),
    )  # fmt: skip


def _back(gaps: Mapping[str, Any]) -> str:
    share = gaps["back"].get("180")
    if share is None:
        return ""
    return _(
        "Counting those who have not come back yet: after %(share)s of orders the next one comes within %(days)s.",
        share=formats.round_share(share), days=formats.days(180),
    )  # fmt: skip


def _ticks(gaps: Mapping[str, Any], whole: int) -> list[charts.Mark]:
    bars = len(gaps["bars"])
    step = max(1, round(bars / TICKS))
    days = [gaps["width"] * place for place in range(0, bars, step)]
    # the last one says what is counted, so nothing stands close to it
    kept = [day for day in days if day / whole < 0.82]
    return [
        *(charts.mark(100 * day / whole, formats.number(day)) for day in kept),
        charts.mark(100, formats.days(whole)),
    ]


def _rows(gaps: Mapping[str, Any]) -> list[dict[str, str]]:
    width, rows = gaps["width"], []
    for place, count in enumerate(gaps["bars"]):
        first, last = place * width + 1, (place + 1) * width
        name = formats.number(last) if width == 1 else _(
            "%(first)s–%(last)s", first=formats.number(first), last=formats.number(last)
        )  # fmt: skip
        rows.append((name, count))
    if gaps["beyond"]:
        beyond = width * len(gaps["bars"])
        rows.append((plural("more than %(count)s", "more than %(count)s", beyond), gaps["beyond"]))
    return [
        {"name": name, "count": formats.number(count), "share": formats.share(count, gaps["count"])}
        for name, count in rows
    ]
