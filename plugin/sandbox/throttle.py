"""The leaky bucket of points that one app may spend in one store."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock


@dataclass(frozen=True, slots=True)
class Plan:
    """What the store's plan grants: the bucket's size in points and what flows back per second."""

    maximum: float
    restore_rate: float


STANDARD = Plan(2000.0, 100.0)
PLUS = Plan(20000.0, 1000.0)

#: no single call may ask for more points
MOST_PER_CALL = 1000


class Bucket:
    """Points left. ``ticks`` is a clock in seconds; when it goes back, nothing flows."""

    def __init__(self, plan: Plan, ticks: Callable[[], float]) -> None:
        self.plan = plan
        self._ticks = ticks
        self._lock = Lock()
        self._available = plan.maximum
        self._seen = ticks()

    def reserve(self, points: float) -> bool:
        """Takes the points, or takes nothing and says False."""
        with self._lock:
            self._flow()
            if points > self._available:
                return False
            self._available -= points
            return True

    def give_back(self, points: float) -> None:
        """Returns what was reserved but not used."""
        with self._lock:
            self._available = min(self.plan.maximum, self._available + points)

    def drain(self) -> None:
        """Empties the bucket, as if another part of the app had spent everything."""
        with self._lock:
            self._flow()
            self._available = 0.0

    def status(self) -> dict[str, float]:
        """``throttleStatus`` as the API tells it."""
        with self._lock:
            self._flow()
            return {
                "maximumAvailable": self.plan.maximum,
                "currentlyAvailable": int(self._available),
                "restoreRate": self.plan.restore_rate,
            }

    def _flow(self) -> None:
        now = self._ticks()
        passed = max(0.0, now - self._seen)
        self._available = min(self.plan.maximum, self._available + passed * self.plan.restore_rate)
        self._seen = now
