"""Calendar days in a shop's time zone, for whole columns at once: exact through every change of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from plugin.signals.arrays import Ints

DAY = 86_400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: changes of a zone's offset are looked for so many seconds at a time, and then known
_SPAN = 2 * 366 * DAY
#: no zone changed its offset before the one year; near the other the calendar of ``datetime`` ends
_OLDEST, _NEWEST = ((datetime(year, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(seconds=1) for year in (1800, 9990))


def local_days(at: Ints, timezone: str) -> Ints:
    """Days since 1970-01-01 on the shop's calendar, of instants in seconds UTC.

    ``timezone`` is an IANA name; raises zoneinfo.ZoneInfoNotFoundError for one that is unknown.
    """
    zone = ZoneInfo(timezone)
    if at.size == 0:
        return at.copy()
    first, last = (min(max(int(end), _OLDEST), _NEWEST) // _SPAN for end in (at.min(), at.max()))
    parts = [_changes(timezone, span) for span in range(first, last + 1)]
    changes = np.array([change for part in parts for change, _ in part], np.int64)
    offsets = np.array([_offset(zone, first * _SPAN), *(offset for part in parts for _, offset in part)], np.int64)
    days: Ints = (at + offsets[np.searchsorted(changes, at, side="right")]) // DAY
    return days


def to_seconds(moment: datetime) -> int:
    """Whole seconds since 1970-01-01 UTC of an aware datetime, rounded down; ValueError for a naive one."""
    if moment.tzinfo is None:
        raise ValueError(f"a time without a zone: {moment.isoformat()}")
    return (moment - EPOCH) // timedelta(seconds=1)


@lru_cache(maxsize=4_096)
def _changes(timezone: str, span: int) -> tuple[tuple[int, int], ...]:
    """The instants within a span at which the zone's offset from UTC changes, and the offsets after them."""
    zone, begin = ZoneInfo(timezone), span * _SPAN
    marks = range(begin, begin + _SPAN + DAY, DAY)
    offsets = [_offset(zone, mark) for mark in marks]
    return tuple(
        (_change(zone, mark, mark + DAY), after)
        for mark, before, after in zip(marks, offsets, offsets[1:], strict=False)
        if before != after
    )


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
