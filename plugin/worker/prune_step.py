"""What is kept for a while only: raw deliveries that were settled go after two weeks, in pieces, looked for each hour."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.runtime import Runtime
from storage import inbox

#: how long a raw delivery is kept after it was taken in or set aside
KEEP_DELIVERIES = timedelta(days=14)
LOOK_EVERY = timedelta(hours=1)
#: looked at in one transaction, so that the lock is held for milliseconds
PIECE = 500


class Pruning:
    """The step and when it is due; a process that starts looks at once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._looked: datetime | None = None

    def run(self) -> int:
        """Forgets what has been kept long enough; answers how many deliveries. What waits is never forgotten."""
        now = self._runtime.now()
        # a clock that was set back is no reason to wait for the old hour
        if self._looked is not None and self._looked <= now < self._looked + LOOK_EVERY:
            return 0
        forgotten, after = 0, 0
        while True:
            pruned, go_on = self._piece(now, after)
            forgotten += pruned
            if go_on is None:
                self._looked = now
                return forgotten
            after = go_on

    def _piece(self, now: datetime, after: int) -> tuple[int, int | None]:
        before = now - KEEP_DELIVERIES
        with self._runtime.database.reading() as db:
            old = inbox.old(db, before, now=now, after=after, limit=PIECE)
        if not old.rows:
            return 0, old.after
        return self._runtime.database.carry_out(lambda db: inbox.prune(db, old.rows, before)), old.after
