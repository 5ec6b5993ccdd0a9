"""One batch of the inbox: claimed, understood without a lock, absorbed in one transaction."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from plugin.runtime import Runtime
from plugin.usecases import absorb
from plugin.usecases.make_offers import issuer
from storage import inbox, shops
from storage.inbox import InboxRow
from webhooks import intake

BATCH = 100
LEASE_SECONDS = 60
#: a row that fails this often on its own is set aside
ATTEMPTS = 5
#: between two tries of one that failed because of the database
LONGEST_WAIT_SECONDS = 60
#: so many transactions after a failure, and the other stores have a turn
PIECES = 8
#: what a delivery, or the database for its sake, may do
FAILURES = (DBAPIError, ValueError, ArithmeticError, LookupError)

log = logging.getLogger("regulars.worker")


def run(runtime: Runtime) -> int:
    """Takes up to a hundred deliveries in; answers how many were claimed.

    When a batch cannot be recorded its stores are tried one by one, and of those that fail halves and halves of halves,
    so that one poison delivery stops nobody. Meanwhile the other stores' deliveries are taken in between.
    """
    if runtime.database.dialect == "sqlite":
        # a writer keeps all others out, if only to find nothing; on a server the claim itself is the look
        with runtime.database.reading() as db:
            if not inbox.due(db, runtime.now()):
                return 0
    rows, currencies = _claim(runtime)
    if not rows or _went_in(runtime, rows, currencies):
        return len(rows)
    return len(rows) + _apart(runtime, rows, currencies)


def _apart(runtime: Runtime, rows: list[InboxRow], currencies: dict[int, str]) -> int:
    """Takes in what can be, after all of it together could not; how many of other stores were taken in between."""
    failing = _failing(runtime, rows, currencies)
    pieces = deque(half for theirs in failing.values() for half in _halves(theirs))
    tried = others = 0
    while pieces:
        piece = pieces.popleft()
        if len(piece) == 1:
            _absorb_alone(runtime, piece[0], currencies)
        elif not _went_in(runtime, piece, currencies):
            pieces.extend(_halves(piece))
        tried += 1
        if tried % PIECES or not 0 < len(pieces) < BATCH:
            continue
        more, currencies = _claim(runtime, but=failing.keys())
        others += len(more)
        if more and not _went_in(runtime, more, currencies):
            found = _failing(runtime, more, currencies)
            pieces.extend(half for theirs in found.values() for half in _halves(theirs))
            failing |= found
    return others


def _failing(runtime: Runtime, rows: list[InboxRow], currencies: dict[int, str]) -> dict[int, list[InboxRow]]:
    """Of rows that failed together those of the stores that fail by themselves; the others are taken in."""
    by_shop: dict[int, list[InboxRow]] = {}
    for row in rows:
        by_shop.setdefault(row.shop_id, []).append(row)
    if len(by_shop) == 1:
        return by_shop
    return {shop_id: theirs for shop_id, theirs in by_shop.items() if not _went_in(runtime, theirs, currencies)}


def _claim(runtime: Runtime, *, but: Collection[int] = ()) -> tuple[list[InboxRow], dict[int, str]]:
    """A batch, not of the shops ``but``, and the currencies of all shops."""
    with runtime.database.transaction() as db:
        rows = inbox.claim(db, now=runtime.now(), limit=BATCH, lease_seconds=LEASE_SECONDS, but=but)
        return rows, {shop.shop_id: shop.currency for shop in shops.every(db)} if rows else {}


def _went_in(runtime: Runtime, rows: list[InboxRow], currencies: dict[int, str]) -> bool:
    """Whether all of them together could be taken in; if not, none was."""
    try:
        _absorb(runtime, rows, currencies)
    except FAILURES as error:
        log.warning("%d deliveries together failed, trying them apart: %s", len(rows), type(error).__name__)
        return False
    return True


def _halves(rows: list[InboxRow]) -> list[list[InboxRow]]:
    middle = -(-len(rows) // 2)
    return [half for half in (rows[:middle], rows[middle:]) if half]


def _absorb(runtime: Runtime, rows: list[InboxRow], currencies: dict[int, str]) -> None:
    understood = intake.understand(rows, currencies)
    by = issuer(runtime.vault, runtime.config.environment)
    done = runtime.database.carry_out(
        lambda db: absorb.deliveries(db, understood, now=runtime.now(), vault=runtime.vault, issuer=by)
    )
    if done.erased:
        runtime.unscrubbed.set()


def _absorb_alone(runtime: Runtime, row: InboxRow, currencies: dict[int, str]) -> None:
    try:
        _absorb(runtime, [row], currencies)
    except FAILURES as error:
        log.exception("delivery %d failed", row.delivery_row)
        with runtime.database.transaction() as db:
            _put_off(runtime, db, row, error)


def _put_off(runtime: Runtime, db: Connection, row: InboxRow, error: Exception) -> None:
    now, reason = runtime.now(), f"{type(error).__name__} while it was recorded"
    if isinstance(error, OperationalError):
        # a full disk, a lock, a server that goes: that is not the delivery's fault, and it is tried for as long as it takes
        wait = min(2.0 ** min(row.attempts, LONGEST_WAIT_SECONDS), LONGEST_WAIT_SECONDS)
        inbox.retry(db, row, run_at=now + timedelta(seconds=wait), reason=reason)
    elif row.attempts >= ATTEMPTS:
        inbox.set_aside(db, row, reason, now)
    else:
        inbox.retry(db, row, run_at=now, reason=reason)
