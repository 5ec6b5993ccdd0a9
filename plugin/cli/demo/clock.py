"""A clock that lives through past days as fast as they can be worked off, and then shows the real time."""

from __future__ import annotations

from datetime import UTC, datetime


class Clock:
    """Shows the moment it was set to, or the real time once it is let go."""

    def __init__(self) -> None:
        self._at: datetime | None = None

    def now(self) -> datetime:
        """The present moment of the demo, in UTC."""
        return self._at or datetime.now(UTC)

    def set(self, moment: datetime) -> None:
        """Jumps to a moment and stays there."""
        self._at = moment.astimezone(UTC)

    def let_go(self) -> None:
        """Runs with the real time from now on."""
        self._at = None
