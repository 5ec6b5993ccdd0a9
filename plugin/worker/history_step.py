"""The imports of past orders: a few at once, a little of each in every round, so that nothing waits for them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from plugin.runtime import Runtime
from plugin.worker.pace import Pace
from plugin.worker.reading import LEASE_SECONDS, Reading
from storage import imports

#: looked for this often; while one goes on, in every round
LOOK_EVERY = timedelta(seconds=2)
#: imports that one process carries on side by side; each takes a few dozen megabytes
MOST_AT_ONCE = 3


class Histories:
    """The step; ``shop_id`` keeps it to one shop, for who waits for that one."""

    def __init__(self, runtime: Runtime, *, shop_id: int | None = None) -> None:
        self._runtime = runtime
        self._shop_id = shop_id
        self._pool = ThreadPoolExecutor(max_workers=MOST_AT_ONCE, thread_name_prefix="history")
        self._readings: dict[int, Reading] = {}
        self._pace = Pace(LOOK_EVERY)

    def run(self) -> int:
        """A little further with each import; answers how many went on."""
        self._claim()
        for shop_id, reading in list(self._readings.items()):
            if not reading.advance():
                self._let_go(shop_id)
                # what comes next may be due at once
                self._pace.hurry()
                return len(self._readings) + 1
        return len(self._readings)

    def close(self) -> None:
        """Stops; who carries the imports on begins where they are."""
        for shop_id in list(self._readings):
            self._let_go(shop_id)
        self._pool.shutdown(wait=True)

    def _claim(self) -> None:
        now = self._runtime.now()
        if not self._pace.due(now):
            return
        self._pace.looked(now)
        with self._runtime.database.reading() as db:
            due = [one for one in imports.due(db, now, shop_id=self._shop_id) if one not in self._readings]
        for shop_id in due[: MOST_AT_ONCE - len(self._readings)]:
            claimed = self._runtime.database.carry_out(
                lambda db, one=shop_id: imports.claim(db, one, now=now, lease_seconds=LEASE_SECONDS)  # type: ignore[misc]
            )
            if claimed is not None:
                self._readings[shop_id] = Reading(self._runtime, claimed, self._pool)

    def _let_go(self, shop_id: int) -> None:
        self._readings.pop(shop_id).close()
