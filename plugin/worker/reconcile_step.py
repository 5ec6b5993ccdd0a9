"""Every five minutes each Shopify store is asked which orders changed; looked for each minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.runtime import Runtime
from plugin.usecases import reconcile
from storage import reconciliations, shops

LOOK_EVERY = timedelta(minutes=1)


class Reconciling:
    """The step and when it is due. ``on`` may be taken away while years are lived in which nothing can be lost."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._looked: datetime | None = None
        self.on = True

    def run(self) -> int:
        """Begins the rounds that are due; answers how many. What they ask is made like every other call."""
        now = self._runtime.now()
        # a clock that was set back is no reason to wait for the old minute
        if not self.on or (self._looked is not None and self._looked <= now < self._looked + LOOK_EVERY):
            return 0
        self._looked = now
        with self._runtime.database.reading() as db:
            due = reconciliations.due(db, now)
        return sum(self._begin(shop_id, now) for shop_id in due)

    def _begin(self, shop_id: int, now: datetime) -> bool:
        return self._runtime.database.carry_out(lambda db: reconcile.begin(db, shops.get(db, shop_id), now=now))
