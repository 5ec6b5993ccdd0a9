"""How often something may happen to each key: so many at once, so many a second after that, in a fixed piece of memory."""

from __future__ import annotations

import threading
from array import array
from collections.abc import Callable, Hashable

SLOTS = 8192


class Buckets:
    """``most`` at once for each key, ``per_second`` after that. ``monotonic`` only runs forward, in seconds.

    Keys share ``slots`` places. Which of them meet is decided by ``salt``, so that nobody outside can bring it about.
    """

    def __init__(
        self, *, most: int, per_second: float, monotonic: Callable[[], float], salt: int, slots: int = SLOTS
    ) -> None:
        self._between = 1 / per_second
        self._slack = (most - 1) / per_second
        self._monotonic = monotonic
        self._salt = salt
        #: for each place when it will be full again; one number tells how much is left
        self._full_at = array("d", bytes(8 * slots))
        self._lock = threading.Lock()

    def wait(self, key: Hashable) -> float:
        """How many seconds until there is one for this key; 0.0 where there is."""
        return max(self._full_at[self._place(key)] - self._monotonic() - self._slack, 0.0)

    def take(self, key: Hashable) -> None:
        """Takes one, whether there is one or not: those under way together may go below nothing."""
        place = self._place(key)
        with self._lock:
            self._full_at[place] = max(self._full_at[place], self._monotonic()) + self._between

    def _place(self, key: Hashable) -> int:
        return hash((self._salt, key)) % len(self._full_at)
