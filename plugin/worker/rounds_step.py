"""The rounds: once an hour each shop's ended offers are closed, and its store is compared with what we believe of it."""

from __future__ import annotations

from plugin.runtime import Runtime
from plugin.usecases import close_ended, sweep
from storage import shops


def run(runtime: Runtime) -> int:
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
