"""The calls to the stores: claimed in batches, made by a few threads, no transaction open while one is under way.

What has been answered is written down together while other calls are still under way, so that a fast store is not
held up by one commit per call and a slow one holds nobody up.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from plugin.platforms.protocol import Platform, PlatformError
from plugin.runtime import Runtime
from plugin.worker.calls import KINDS, Call
from storage import outbox, shops
from storage.outbox import OutboxRow
from storage.shops import Shop

BATCH = 64
LEASE_SECONDS = 300


@dataclass(frozen=True, slots=True)
class _Asked:
    row: OutboxRow
    call: Call
    prepared: Any


def run(runtime: Runtime, pool: ThreadPoolExecutor) -> int:
    """Makes the calls that are due; answers how many rows were claimed."""
    with runtime.database.reading() as db:
        if not outbox.due(db, runtime.now()):
            return 0
    with runtime.database.transaction() as db:
        rows = outbox.claim(db, now=runtime.now(), limit=BATCH, lease_seconds=LEASE_SECONDS)
        found = {shop_id: shops.get(db, shop_id) for shop_id in {row.shop_id for row in rows}}
        prepared = [_Asked(row, call := KINDS[row.kind], call.prepare(runtime, db, row)) for row in rows]
    asked = [one for one in prepared if one.prepared is not None]
    stores = {shop_id: _open(runtime, found[shop_id]) for shop_id in {one.row.shop_id for one in asked}}
    under_way = {pool.submit(_ask, stores[one.row.shop_id], one): one for one in asked}
    while under_way:
        done, _ = wait(under_way, return_when=FIRST_COMPLETED)
        _conclude(runtime, [(under_way.pop(future), future) for future in done])
    return len(rows)


def _open(runtime: Runtime, shop: Shop) -> Platform | PlatformError:
    try:
        return runtime.open_platform(shop)
    except PlatformError as error:
        return error


def _ask(store: Platform | PlatformError, one: _Asked) -> Any:
    if isinstance(store, PlatformError):
        return store
    try:
        return one.call.ask(store, one.prepared)
    except PlatformError as error:
        return error


def _conclude(runtime: Runtime, answered: Sequence[tuple[_Asked, Future[Any]]]) -> None:
    with runtime.database.transaction() as db:
        for one, future in answered:
            one.call.conclude(runtime, db, one.row, one.prepared, future.result())
