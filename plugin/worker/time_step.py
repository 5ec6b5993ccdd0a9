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
    with runtime.database.reading() as db:
        active = [shop for shop in shops.every(db) if shop.state == "active"]
        unwatched = [shop.shop_id for shop in active if known.unwatched(db, shop.shop_id, runtime.now())]
    if unwatched:
        runtime.database.carry_out(lambda db: _watch(db, unwatched, runtime.now()))
    return sum(_close(runtime, shop.shop_id) + _decide(runtime, shop.shop_id) for shop in active)


def _watch(db: Connection, shop_ids: list[int], now: datetime) -> None:
    """Remembers that somebody looked at the clock: a replay of the past looks at the same times."""
    for shop_id in shop_ids:
        known.watch(db, shop_id, now)


def _close(runtime: Runtime, shop_id: int) -> int:
    with runtime.database.reading() as db:
        if not expire.due(db, shop_id, now=runtime.now()):
            return 0
    return runtime.database.carry_out(lambda db: expire.ended(db, shop_id, now=runtime.now(), limit=BATCH))


def _decide(runtime: Runtime, shop_id: int) -> int:
    now = runtime.now()
    with runtime.database.reading() as db:
        due = snapshots.due(db, shop_id, now, BATCH)
    if due:
        by = make_offers.issuer(runtime.vault, runtime.config.environment)
        runtime.database.carry_out(
            lambda db: make_offers.for_customers(db, shops.get(db, shop_id), due, as_of=now, issuer=by)
        )
    return len(due)
