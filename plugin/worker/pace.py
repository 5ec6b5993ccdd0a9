"""When a step looks again: at once in a process that starts, and then every so often."""

from __future__ import annotations

from datetime import datetime, timedelta


class Pace:
    """Of one step in one process. A clock that was set back is no reason to wait for the old time."""

    def __init__(self, every: timedelta) -> None:
        self._every = every
        self._looked: datetime | None = None

    def due(self, now: datetime) -> bool:
        """Whether it has not looked, or so long ago that it should again."""
        return self._looked is None or not self._looked <= now < self._looked + self._every

    def looked(self, now: datetime) -> None:
        """It has looked, at this moment."""
        self._looked = now

    def hurry(self) -> None:
        """It is due at once."""
        self._looked = None
