"""The rounds: once an hour each shop's ended offers are closed, and its store is compared with what we believe of it."""

from __future__ import annotations

from datetime import timedelta

from plugin.runtime import Runtime
from plugin.usecases import close_ended, flow, read_groups, sweep, tell_store, tidy_pools, tidy_rules, tidy_up
from plugin.worker.pace import Pace
from storage import shops

LOOK_EVERY = timedelta(minutes=1)
#: each says when it is due, and begins once
ROUNDS = (close_ended, sweep, tidy_up, tidy_pools, tidy_rules, tell_store, read_groups)


class Rounds:
    """The step and when it is due; a process that starts looks at once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._pace = Pace(LOOK_EVERY)

    def run(self) -> int:
        """Begins what is due, unless it was looked for a moment ago; answers how many rounds."""
        now = self._runtime.now()
        if not self._pace.due(now):
            return 0
        begun = begin(self._runtime)
        self._pace.looked(now)
        return begun


def begin(runtime: Runtime) -> int:
    """Begins the rounds that are due; answers how many. What they ask of the stores is made like every other call."""
    now = runtime.now()
    with runtime.database.reading() as db:
        active = [shop for shop in shops.every(db) if shop.state == "active"]
        due = [(shop, [each for each in ROUNDS if each.due(db, shop, now=now)]) for shop in active]
        ending = [shop for shop in active if flow.wanted(db, shop.shop_id)]
    begun = 0
    for shop, rounds in due:
        if rounds:
            with runtime.database.transaction() as db:
                begun += sum(each.begin(db, shop, now=now) for each in rounds)
    for shop in ending:
        with runtime.database.transaction() as db:
            flow.ending(db, shop, now=now)
    return begun
