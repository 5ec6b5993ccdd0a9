"""The store's own figures that take long to reckon, as one document that the pages read: told once a night.

Everything in it is a sum over many customers. Shares are 0 to 1, money is minor units, None stands for what cannot be
said. Definitions are those of ``plugin.signals.retention``, ``cohorts`` and ``standings``.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from plugin.signals.arrays import Floats, Ints
from plugin.signals.cohorts import cohorts
from plugin.signals.days import DAY, to_seconds
from plugin.signals.history import PurchaseHistory
from plugin.signals.model import StoreModel
from plugin.signals.retention import activity_window, buying, gap_curve, retention, revenue
from plugin.signals.standings import Standing, standings
from plugin.signals.visits import Visits, boil_down
from plugin.usecases.measured import Columns
from storage.glance import People

#: of the document; a page that finds another one waits for the next night
VERSION = 1
NAME = "overview"
PERIODS = (30, 90, 365)
MONTHS = 12
#: bars of a histogram, and the widths in days that a bar may have
MOST_BARS, WIDTHS = 16, (1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365)
#: customers up to which a page counts them itself, in some 20 ms
COUNTED_LIVE = 10_000
#: after so many days it is asked how many have come back
BACK_WITHIN = (90, 180, 365)
DIGITS = 5


def tell(
    history: PurchaseHistory, model: StoreModel, *, as_of: datetime, columns: Columns | None = None
) -> dict[str, Any]:
    """The document of a shop as of an instant (aware); plain JSON. ``columns`` are the night's snapshots."""
    at = to_seconds(as_of)
    visits = boil_down(history, at)
    starts = month_starts(as_of, history.timezone)
    moments = sorted({*starts, at, *(at - days * DAY for days in PERIODS)})
    told = {one.at: one for one in standings(history, model, moments)}
    return {
        "version": VERSION,
        "orders": int(visits.order_count.sum()),
        "customers": int(visits.customer.size),
        "returning": int(np.count_nonzero(visits.order_count >= 2)),
        "rhythmic": int(np.count_nonzero(visits.gap_count >= 1)),
        "days": int(visits.today - visits.first_day.min()) if visits.customer.size else 0,
        "usual_gap_days": _number(float(np.median(visits.gaps))) if visits.gaps.size else None,
        "periods": {str(days): _period(history, visits, told, at=at, days=days) for days in PERIODS},
        "gaps": {name: _gaps(*which) for name, which in by_place(visits).items()},
        "cohorts": _cohorts(history, at),
        "months": [_month(told[start]) for start in [*starts, at]],
        "people": _people(columns) if columns and visits.customer.size > COUNTED_LIVE else None,
    }


def people(told: Mapping[str, Any]) -> People | None:
    """The customers of a large shop as the night has counted them; None for a shop that can be counted at each look."""
    kept = told.get("people")
    if not kept:
        return None
    return People(
        count=kept["count"], returning=kept["returning"], groups=kept["groups"], lateness=kept["lateness"],
        scores={(r, f, m): count for r, f, m, count in kept["scores"]},
    )  # fmt: skip


def _people(columns: Columns) -> dict[str, Any]:
    scores = Counter(zip(columns["r"], columns["f"], columns["m"], strict=True))
    return {
        "count": len(columns["customer_id"]),
        "returning": sum(count >= 2 for count in columns["order_count"]),
        "groups": dict(Counter(columns["group"])),
        "lateness": dict(Counter(state for state in columns["lateness"] if state)),
        "scores": [[*score, count] for score, count in sorted(scores.items())],
    }


def _period(
    history: PurchaseHistory, visits: Visits, told: Mapping[int, Standing], *, at: int, days: int
) -> dict[str, Any]:
    start, before = at - days * DAY, at - 2 * days * DAY
    known = visits.customer.size > 0 and int(visits.first_at.min()) <= before + DAY
    window = activity_window(visits.gaps)
    kept = retention(history, start=start, end=at, window=window)
    return {
        "now": _plain(asdict(buying(history, start=start, end=at))),
        # half a period before would look like growth
        "before": _plain(asdict(buying(history, start=before, end=start))) if known else None,
        "slipping": {"now": _slipping(told[at]), "before": _slipping(told[start]) if told[start].customers else None},
        "retention": _plain(asdict(kept)) | {"window": window},
        "revenue": _plain(asdict(revenue(history, base=(before, start), later=(start, at)))) if known else None,
    }


def _slipping(standing: Standing) -> int:
    return standing.late + standing.lapsing


def by_place(visits: Visits) -> dict[str, tuple[Ints, Ints]]:
    """Completed and open gaps: all of them, the first of each customer, the second."""
    owner = np.repeat(np.arange(visits.gap_count.size), visits.gap_count)
    place = np.arange(owner.size) - visits.gap_starts[owner]
    found = {"all": (visits.gaps, visits.silence)}
    for name, number in (("first", 0), ("second", 1)):
        found[name] = (visits.gaps[place == number], visits.silence[visits.gap_count == number])
    return found


def _gaps(ended: Ints, still: Ints) -> dict[str, Any]:
    if not ended.size:
        return {"count": 0, "median": None, "most": None, "width": 0, "bars": [], "beyond": 0, "back": {}}
    median, most, far = (float(value) for value in np.percentile(ended, (50, 90, 97)))
    width = next((days for days in WIDTHS if far / days <= MOST_BARS), WIDTHS[-1])
    bars = np.bincount((ended - 1) // width)
    shown = bars[:MOST_BARS].tolist()
    curve = gap_curve(ended, still, max(BACK_WITHIN))
    return {
        "count": int(ended.size), "median": round(median), "most": round(most), "width": width, "bars": shown,
        "beyond": int(ended.size) - sum(shown),
        "back": {str(days): _number(float(curve[days])) for days in BACK_WITHIN},
    }  # fmt: skip


def _cohorts(history: PurchaseHistory, at: int) -> dict[str, Any]:
    found = cohorts(history, at)
    newest = slice(-MONTHS, None)
    return {
        "names": list(found.names[newest]),
        "sizes": found.sizes[newest].tolist(),
        "active": rows_of(found.active[newest, :MONTHS]),
        "value": rows_of(found.value[newest, :MONTHS], digits=0),
    }


def rows_of(values: Floats, *, digits: int = DIGITS) -> list[list[float | None]]:
    """Cells as plain numbers; those of periods that are not over are left off at the end of each row."""
    rows: list[list[float | None]] = []
    for row in values.tolist():
        kept = [None if math.isnan(value) else round(value, digits) for value in row]
        while kept and kept[-1] is None:
            kept.pop()
        rows.append(kept)
    return rows


def _month(standing: Standing) -> dict[str, Any]:
    plain: dict[str, Any] = asdict(standing)
    plain["at"] = datetime.fromtimestamp(plain["at"], UTC).isoformat()
    return plain


def month_starts(as_of: datetime, timezone: str) -> list[int]:
    """The first instants of the newest months on the shop's calendar, oldest first; the present one is the last."""
    first = as_of.astimezone(ZoneInfo(timezone)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    found = []
    for _ in range(MONTHS):
        found.append(to_seconds(first))
        first = (first - timedelta(days=1)).replace(day=1)
    return found[::-1]


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _number(value) if isinstance(value, float) else value for name, value in values.items()}


def _number(value: float) -> float | None:
    return None if math.isnan(value) else round(value, DIGITS)
