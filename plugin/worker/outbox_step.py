"""The calls to the stores: claimed in batches, made by a few threads, no transaction open while one is under way.

What has been answered is written down together while other calls are still under way, so that a fast store is not
held up by one commit per call and a slow one holds nobody up.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from plugin.platforms.protocol import Platform, PlatformError
from plugin.runtime import Runtime
from plugin.usecases.deliver import Answer
from plugin.worker.calls import KINDS, Call
from storage import outbox, shops
from storage.outbox import OutboxRow
from storage.shops import Shop

BATCH = 64
LEASE_SECONDS = 300
#: how long an answer may wait for others to be written down with
GATHER_SECONDS = 0.05


@dataclass(frozen=True, slots=True)
class _Asked:
    row: OutboxRow
    prepared: Any

    @property
    def call(self) -> Call:
        """What is done about it."""
        return KINDS[self.row.kind]


def run(runtime: Runtime, pool: ThreadPoolExecutor) -> int:
    """Makes the calls that are due; answers how many rows were claimed."""
    with runtime.database.reading() as db:
        if not outbox.due(db, runtime.now()):
            return 0
    claimed, asked, found = runtime.database.carry_out(lambda db: _claim(runtime, db))
    stores = {shop.shop_id: _open(runtime, shop) for shop in found}
    under_way = {pool.submit(_ask, runtime, stores[one.row.shop_id], one): one for one in asked}
    while under_way:
        wait(under_way, return_when=FIRST_COMPLETED)
        done, _ = wait(under_way, timeout=GATHER_SECONDS)
        _conclude(runtime, [(under_way.pop(future), future) for future in done])
    return claimed


def _claim(runtime: Runtime, db: Connection) -> tuple[int, list[_Asked], list[Shop]]:
    rows = outbox.claim(db, now=runtime.now(), limit=BATCH, lease_seconds=LEASE_SECONDS)
    asked = _prepare(runtime, db, rows)
    return len(rows), asked, [shops.get(db, shop_id) for shop_id in sorted({one.row.shop_id for one in asked})]


def _prepare(runtime: Runtime, db: Connection, rows: Sequence[OutboxRow]) -> list[_Asked]:
    asked = []
    # a kind that only a newer program knows is left to it: the lease runs out
    for kind in sorted({row.kind for row in rows} & KINDS.keys()):
        alike = [row for row in rows if row.kind == kind]
        prepared = KINDS[kind].prepare(runtime, db, alike)
        asked += [_Asked(row, said) for row, said in zip(alike, prepared, strict=True) if said is not None]
    return asked


def _open(runtime: Runtime, shop: Shop) -> Platform | PlatformError:
    try:
        return runtime.open_platform(shop)
    except PlatformError as error:
        return error


def _ask(runtime: Runtime, store: Platform | PlatformError, one: _Asked) -> Any:
    if isinstance(store, PlatformError):
        return store
    try:
        answer = one.call.ask(store, one.prepared)
    except PlatformError as error:
        runtime.metrics.asked(error)
        return error
    runtime.metrics.asked(answer.error if isinstance(answer, Answer) else None)
    return answer


def _conclude(runtime: Runtime, answered: Sequence[tuple[_Asked, Future[Any]]]) -> None:
    told = [(one.row, one.prepared, future.result()) for one, future in answered]

    def write(db: Connection) -> None:
        for kind in sorted({row.kind for row, _, _ in told}):
            KINDS[kind].conclude(runtime, db, [one for one in told if one[0].kind == kind])

    runtime.database.carry_out(write)
