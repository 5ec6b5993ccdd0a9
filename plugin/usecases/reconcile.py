"""Asks a store every five minutes which orders changed, and has those read again that no delivery told of.

Deliveries can be lost, late or in any order. A round asks for ids and times of change alone, from a while before the last
round up to a moment ago: what changed just now may still be on its way. What is older here than there, or not here at
all, is read from the store like an order that a delivery only named: the same facts, so nothing happens twice.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, cast

from sqlalchemy import Connection

from plugin.platforms.protocol import Platform
from plugin.platforms.shopify.history import Changed
from plugin.usecases.absorb import REFETCH
from storage import aliases, glance, outbox, reconciliations
from storage.outbox import OutboxRow
from storage.shops import Shop

RECONCILE = "reconcile"
#: how often, how long a delivery may take, and how far the next round looks back beyond the last one
EVERY, GRACE, OVERLAP = timedelta(minutes=5), timedelta(minutes=2), timedelta(minutes=10)
#: while deliveries wait here to be taken in, nothing is taken for lost; but not for ever
PATIENCE, TRIES = timedelta(seconds=30), 10


class Asked(Platform, Protocol):
    """A store that can be asked what changed."""

    def changed_orders(self, *, since: datetime, after: str | None) -> Changed:
        """A page of the orders that changed since then, the longest ago first."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What is to be asked."""

    since: datetime
    after: str | None


def begin(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Begins a round, unless one is under way; the next is due in five minutes."""
    known = reconciliations.get(db, shop.shop_id)
    asked_until = known.asked_until if known else shop.installed_at
    reconciliations.plan(db, shop.shop_id, asked_until=asked_until, due_at=now + EVERY)
    until = now - GRACE
    if until <= asked_until:
        return False
    payload = {"since": (asked_until - OVERLAP).isoformat(), "until": until.isoformat(), "after": None, "page": 0}
    return _put(db, shop.shop_id, f"{RECONCILE}/{shop.generation}", payload, now)


def prepare(_db: Connection, row: OutboxRow, *, now: datetime) -> Task:  # noqa: ARG001
    """What to ask."""
    return Task(since=datetime.fromisoformat(row.payload["since"]), after=row.payload["after"])


def ask(platform: Platform, task: Task) -> Changed:
    """Asks. Raises PlatformError."""
    return cast("Asked", platform).changed_orders(since=task.since, after=task.after)


def conclude(db: Connection, row: OutboxRow, _task: Task, changed: Changed, *, now: datetime) -> int:
    """Has read again what was lost; answers how many orders that are. Then on with the next page."""
    until = datetime.fromisoformat(row.payload["until"])
    lost = _unknown(db, row.shop_id, changed, until)
    if lost and row.attempts < TRIES and glance.waiting_since(db, row.shop_id) is not None:
        outbox.retry(db, row, run_at=now + PATIENCE, reason="deliveries wait to be taken in")
        return 0
    if not outbox.done(db, row, now):
        return 0
    payloads = {f"refetch/{one}/{at.isoformat()}": {"order_id": one} for one, at in lost.items()}
    found = len(outbox.put_many(db, row.shop_id, kind=REFETCH, payloads=payloads, now=now))
    if found:
        reconciliations.found(db, row.shop_id, found, now)
    if changed.after is None:
        reconciliations.reached(db, row.shop_id, until)
    else:
        # where this is broken off, the next round goes on from here
        reconciliations.reached(db, row.shop_id, min(until, max(at for _, at in changed.orders)))
        page = int(row.payload["page"]) + 1
        chain = row.key.removesuffix(f"/{page - 1}") if page > 1 else row.key
        _put(db, row.shop_id, f"{chain}/{page}", {**row.payload, "after": changed.after, "page": page}, now)
    return found


def _unknown(db: Connection, shop_id: int, changed: Changed, until: datetime) -> dict[str, datetime]:
    told = {order_id: at for order_id, at in changed.orders if at <= until}
    known = aliases.versions(db, shop_id, told)
    return {order_id: at for order_id, at in told.items() if order_id not in known or known[order_id] < at}


def _put(db: Connection, shop_id: int, key: str, payload: Mapping[str, object], now: datetime) -> bool:
    # the last round's row made room for this one's, unless it is still under way
    outbox.forget_keys(db, shop_id, [key])
    return outbox.put(db, shop_id, key=key, kind=RECONCILE, payload=dict(payload), now=now)
