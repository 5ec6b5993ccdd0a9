"""A clock for steps that look at it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Clock:
    """Stands where it is set."""

    at: datetime

    def now(self) -> datetime:
        """The instant it shows."""
        return self.at
