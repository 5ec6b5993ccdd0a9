"""Every five minutes each Shopify store is asked which orders changed; looked for each minute."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.runtime import Runtime
from plugin.usecases import reconcile
from plugin.worker.pace import Pace
from storage import reconciliations, shops

LOOK_EVERY = timedelta(minutes=1)


class Reconciling:
    """The step and when it is due. ``on`` may be taken away while years are lived in which nothing can be lost."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._pace = Pace(LOOK_EVERY)
        self.on = True

    def run(self) -> int:
        """Begins the rounds that are due; answers how many. What they ask is made like every other call."""
        now = self._runtime.now()
        if not (self.on and self._pace.due(now)):
            return 0
        self._pace.looked(now)
        with self._runtime.database.reading() as db:
            due = reconciliations.due(db, now)
        return sum(self._begin(shop_id, now) for shop_id in due)

    def _begin(self, shop_id: int, now: datetime) -> bool:
        return self._runtime.database.carry_out(lambda db: reconcile.begin(db, shops.get(db, shop_id), now=now))
