"""Calendar days in a shop's time zone, for whole columns at once: exact through every change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from plugin.signals.arrays import Ints

DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: no zone changed its offset before the one year; at the other the calendar of ``datetime`` ends
_OLDEST, _NEWEST = ((datetime(year, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(seconds=1) for year in (1800, 9999))


def local_days(at: Ints, timezone: str) -> Ints:
    """Days since 1970-01-01 on the shop's calendar, of instants in seconds UTC.

    ``timezone`` is an IANA name; raises zoneinfo.ZoneInfoNotFoundError for one that is unknown.
    """
    zone = ZoneInfo(timezone)
    if at.size == 0:
        return at.copy()
    first, last = (min(max(int(end), _OLDEST), _NEWEST) for end in (at.min(), at.max()))
    changes, offsets = _offsets(zone, first, last)
    days: Ints = (at + offsets[np.searchsorted(changes, at, side="right")]) // DAY
    return days


def to_seconds(moment: datetime) -> int:
    """Whole seconds since 1970-01-01 UTC of an aware datetime, rounded down; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment.isoformat()}")
    return (moment - EPOCH) // timedelta(seconds=1)


def _offsets(zone: ZoneInfo, first: int, last: int) -> tuple[Ints, Ints]:
    """The instants at which the zone's offset from UTC changes, and the offsets before, between and after them."""
    marks = range(first, last + DAY, DAY)
    offsets = [_offset(zone, min(mark, last)) for mark in marks]
    changes: list[int] = []
    kept = offsets[:1]
    for mark, before, after in zip(marks, offsets, offsets[1:], strict=False):
        if before != after:
            changes.append(_change(zone, mark, min(mark + DAY, last)))
            kept.append(after)
    return np.array(changes, np.int64), np.array(kept, np.int64)


def _change(zone: ZoneInfo, before: int, after: int) -> int:
    """The first second with the later offset; the two ends differ."""
    later = _offset(zone, after)
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(zone, middle) == later:
            after = middle
        else:
            before = middle
    return after


def _offset(zone: ZoneInfo, at: int) -> int:
    offset = (EPOCH + timedelta(seconds=at)).astimezone(zone).utcoffset()
    return 0 if offset is None else int(offset.total_seconds())
