"""What the passing of time alone brings about: a customer becomes late, an offer ends."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from plugin.runtime import Runtime
from plugin.usecases import expire, make_offers
from storage import known, shops, snapshots

#: customers decided for, or offers closed, in one transaction
BATCH = 200


def run(runtime: Runtime) -> int:
    """Decides for customers whose moment has come and closes offers that have ended; answers how many of both."""
    now = runtime.now()
    with runtime.database.reading() as db:
        active = [shop.shop_id for shop in shops.every(db) if shop.state == "active"]
        unwatched = [shop_id for shop_id in active if known.unwatched(db, shop_id, now)]
        # one look for all of them: mostly nothing is due
        ended = {shop_id for shop_id in active if expire.due(db, shop_id, now=now)}
        late = {shop_id for shop_id in active if snapshots.due(db, shop_id, now, 1)}
    if unwatched:
        runtime.database.carry_out(lambda db: _watch(db, unwatched, now))
    done = 0
    for shop_id in active:
        closed = _close(runtime, shop_id, now) if shop_id in ended else 0
        done += closed + (_decide(runtime, shop_id, now) if closed or shop_id in late else 0)
    return done


def _watch(db: Connection, shop_ids: list[int], now: datetime) -> None:
    """Remembers that somebody looked at the clock: a replay of the past looks at the same times."""
    for shop_id in shop_ids:
        known.watch(db, shop_id, now)


def _close(runtime: Runtime, shop_id: int, now: datetime) -> int:
    return runtime.database.carry_out(lambda db: expire.ended(db, shop_id, now=now, limit=BATCH))


def _decide(runtime: Runtime, shop_id: int, now: datetime) -> int:
    with runtime.database.reading() as db:
        due = snapshots.due(db, shop_id, now, BATCH)
    if due:
        by = make_offers.issuer(runtime.vault, runtime.config.environment)
        runtime.database.carry_out(
            lambda db: make_offers.for_customers(db, shops.get(db, shop_id), due, as_of=now, issuer=by)
        )
    return len(due)
