"""What is kept for a while only: settled deliveries and orders that were read again, two weeks; in pieces, looked for each hour.

Stores that left and never asked to be forgotten: three months (``forget_left``).

Of what goes out everything else stays: its key is what makes a code, a start of an automation or an erasure happen once, or
it is replaced by its next round.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from plugin.runtime import Runtime
from plugin.usecases import forget_left
from plugin.usecases.absorb import REFETCH
from plugin.worker.pace import Pace
from storage import inbox, outbox, shops

#: how long a raw delivery is kept after it was taken in or set aside
KEEP_DELIVERIES = timedelta(days=14)
#: how long it stays known that an order was read again; what names the same change comes within a day
KEEP_REFETCHED = timedelta(days=14)
LOOK_EVERY = timedelta(hours=1)
#: looked at in one transaction, so that the lock is held for milliseconds
PIECE = 500


class Pruning:
    """The step and when it is due; a process that starts looks at once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._pace = Pace(LOOK_EVERY)

    def run(self) -> int:
        """Forgets what has been kept long enough; answers how much. What waits is never forgotten."""
        now = self._runtime.now()
        if not self._pace.due(now):
            return 0
        forgotten, after = 0, 0
        while True:
            pruned, go_on = self._piece(now, after)
            forgotten += pruned
            if go_on is None:
                self._pace.looked(now)
                return forgotten + self._refetched(now) + self._left(now)
            after = go_on

    def _left(self, now: datetime) -> int:
        with self._runtime.database.reading() as db:
            gone = forget_left.due(db, now)
        forget = partial(forget_left.forget, now=now)
        forgotten = sum(self._runtime.database.carry_out(partial(forget, shop_id=one)) for one in gone)
        if forgotten:
            self._runtime.unscrubbed.set()
        return forgotten

    def _refetched(self, now: datetime) -> int:
        before = now - KEEP_REFETCHED
        with self._runtime.database.reading() as db:
            known = [shop.shop_id for shop in shops.every(db)]
            aged = [one for one in known if outbox.prunable(db, one, REFETCH, before=before)]
        return sum(self._refetched_of(shop_id, before) for shop_id in aged)

    def _refetched_of(self, shop_id: int, before: datetime) -> int:
        def some(db: Connection) -> int:
            return outbox.prune(db, shop_id, REFETCH, before=before, limit=PIECE)

        forgotten = pruned = self._runtime.database.carry_out(some)
        while pruned == PIECE:
            pruned = self._runtime.database.carry_out(some)
            forgotten += pruned
        return forgotten

    def _piece(self, now: datetime, after: int) -> tuple[int, int | None]:
        before = now - KEEP_DELIVERIES
        with self._runtime.database.reading() as db:
            old = inbox.old(db, before, now=now, after=after, limit=PIECE)
        if not old.rows:
            return 0, old.after
        return self._runtime.database.carry_out(lambda db: inbox.prune(db, old.rows, before)), old.after
