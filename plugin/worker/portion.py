"""How many deliveries are taken at once: more while they come faster than they go, so that what a batch costs is shared.

Only on a server. On SQLite a batch keeps the intake from writing, which would wait the longer the larger it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from plugin.runtime import Runtime
from plugin.worker import inbox_step
from plugin.worker.hands import Hands

SMALLEST = inbox_step.BATCH
LARGEST = 5 * SMALLEST
#: a batch should not take longer than this: who comes next, of whatever store, waits for it
LONG_SECONDS = 0.3


class Portion:
    """The first queue of one worker. ``clock`` is of seconds and never goes back."""

    def __init__(self, runtime: Runtime, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._runtime = runtime
        self._clock = clock
        self.size = SMALLEST
        self._hands = Hands()

    def take_in(self) -> int:
        """One batch (``inbox_step.run``); answers how many were claimed."""
        began = self._clock()
        claimed = inbox_step.run(self._runtime, limit=self.size, hands=self._hands)
        if self._runtime.database.dialect != "sqlite":
            self.size = following(self.size, claimed, self._clock() - began)
        return claimed


def following(size: int, claimed: int, seconds: float) -> int:
    """How many to take after a batch of at most ``size`` that had ``claimed`` and took this long."""
    if claimed < size:
        return SMALLEST
    if seconds > LONG_SECONDS:
        return max(size // 2, SMALLEST)
    # twice as many take about twice as long
    return min(2 * size, LARGEST) if seconds < LONG_SECONDS / 2 else size
