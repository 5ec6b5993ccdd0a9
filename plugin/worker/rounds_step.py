"""The rounds: once an hour each shop's ended offers are closed, and its store is compared with what we believe of it."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.runtime import Runtime
from plugin.usecases import close_ended, sweep
from storage import shops

LOOK_EVERY = timedelta(minutes=1)


class Rounds:
    """The step and when it is due; a process that starts looks at once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._looked: datetime | None = None

    def run(self) -> int:
        """Begins what is due, unless it was looked for a moment ago; answers how many rounds."""
        now = self._runtime.now()
        # a clock that was set back is no reason to wait for the old minute
        if self._looked is not None and self._looked <= now < self._looked + LOOK_EVERY:
            return 0
        begun = begin(self._runtime)
        self._looked = now
        return begun


def begin(runtime: Runtime) -> int:
    """Begins the rounds that are due; answers how many. What they ask of the stores is made like every other call."""
    now = runtime.now()
    with runtime.database.reading() as db:
        active = [shop for shop in shops.every(db) if shop.state == "active"]
        due = [(shop, close_ended.due(db, shop, now=now), sweep.due(db, shop, now=now)) for shop in active]
    begun = 0
    for shop, ended, hour in due:
        if ended or hour:
            with runtime.database.transaction() as db:
                begun += close_ended.begin(db, shop, now=now) if ended else 0
                begun += sweep.begin(db, shop, now=now) if hour else 0
    return begun
