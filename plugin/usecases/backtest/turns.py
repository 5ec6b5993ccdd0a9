"""Days and months of a shop's calendar, for instants in microseconds since 1970."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from storage.columns import EPOCH, MICROSECOND


class Turn(NamedTuple):
    """A day of the calendar."""

    begins: int
    next_day: int
    next_month: int
    #: YYYY-MM
    month: str
    #: day of the month
    day: int
    #: days since 1970
    number: int = 0


class Turns:
    """The calendar of a time zone; the day asked for last is remembered, for most questions are about it."""

    def __init__(self, timezone: str) -> None:
        self._zone = ZoneInfo(timezone)
        self._last = Turn(0, 0, 0, "", 0)

    def of(self, at: int) -> Turn:
        """The day that an instant falls into."""
        if not self._last.begins <= at < self._last.next_day:
            self._last = self._reckoned(at)
        return self._last

    def _reckoned(self, at: int) -> Turn:
        local = (EPOCH + at * MICROSECOND).astimezone(self._zone)
        today = datetime(local.year, local.month, local.day, tzinfo=self._zone)
        years, months = divmod(local.year * 12 + local.month, 12)
        first = datetime(years, months + 1, 1, tzinfo=self._zone)
        begins, next_day, next_month = (
            (moment.astimezone(UTC) - EPOCH) // MICROSECOND for moment in (today, today + timedelta(days=1), first)
        )
        number = local.toordinal() - EPOCH.toordinal()
        # where clocks are changed at midnight a day may begin twice
        return Turn(min(begins, at), next_day, next_month, f"{local.year}-{local.month:02}", local.day, number)
