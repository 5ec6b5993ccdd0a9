"""The calls to the stores: claimed in batches, made by a few threads, no transaction open while one is under way."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

from plugin.platforms.protocol import Platform, PlatformError
from plugin.runtime import Runtime
from plugin.usecases import deliver, refetch, switch_off
from plugin.usecases.absorb import DATA_REQUEST, REFETCH
from plugin.usecases.erase import SWITCH_OFF
from plugin.usecases.make_offers import ISSUE, issuer
from storage import outbox, shops
from storage.outbox import OutboxRow

BATCH = 64
LEASE_SECONDS = 120
RETRY_SECONDS = 60

log = logging.getLogger("regulars.worker")


def run(runtime: Runtime, pool: ThreadPoolExecutor) -> int:
    """Makes the calls that are due; answers how many rows were claimed."""
    with runtime.database.transaction() as db:
        rows = outbox.claim(db, now=runtime.now(), limit=BATCH, lease_seconds=LEASE_SECONDS)
    list(pool.map(lambda row: _make(runtime, row), rows))
    return len(rows)


def _make(runtime: Runtime, row: OutboxRow) -> None:
    match row.kind:
        case kind if kind == ISSUE:
            _issue(runtime, row)
        case kind if kind == REFETCH:
            _refetch(runtime, row)
        case kind if kind == SWITCH_OFF:
            _switch_off(runtime, row)
        case kind if kind == DATA_REQUEST:
            _wait(runtime, row, "waits for the merchant")
        case kind:
            log.error("unknown kind of call in the outbox: %s", kind)
            _wait(runtime, row, "unknown kind")


def _issue(runtime: Runtime, row: OutboxRow) -> None:
    with runtime.database.transaction() as db:
        task = deliver.prepare(db, row, now=runtime.now())
    if task is None:
        return
    try:
        answer = deliver.ask(_platform(runtime, row), task)
    except PlatformError as error:
        answer = deliver.Answer(error=error)
    with runtime.database.transaction() as db:
        deliver.conclude(db, row, task, answer, now=runtime.now())


def _refetch(runtime: Runtime, row: OutboxRow) -> None:
    try:
        fetched = _platform(runtime, row).fetch_order(str(row.payload["order_id"]))
    except PlatformError as error:
        _wait(runtime, row, str(error))
        return
    with runtime.database.transaction() as db:
        if not outbox.done(db, row, runtime.now()) or fetched is None:
            return
        refetch.keep(
            db,
            row.shop_id,
            fetched,
            now=runtime.now(),
            vault=runtime.vault,
            issuer=issuer(runtime.vault, runtime.config.environment),
        )


def _switch_off(runtime: Runtime, row: OutboxRow) -> None:
    try:
        off = switch_off.code(_platform(runtime, row), str(row.payload["code"]))
    except PlatformError as error:
        _wait(runtime, row, str(error))
        return
    if off:
        with runtime.database.transaction() as db:
            outbox.done(db, row, runtime.now())
    else:
        _wait(runtime, row, "the store does not know the code (yet)")


def _platform(runtime: Runtime, row: OutboxRow) -> Platform:
    with runtime.database.reading() as db:
        shop = shops.get(db, row.shop_id)
    return runtime.open_platform(shop)


def _wait(runtime: Runtime, row: OutboxRow, reason: str) -> None:
    with runtime.database.transaction() as db:
        outbox.retry(db, row, run_at=runtime.now() + timedelta(seconds=RETRY_SECONDS), reason=reason)
