"""One batch of the inbox: claimed, understood without a lock, absorbed in one transaction.

Of what was in the hands of workers when they ended, too often for chance, each is taken in alone (``storage.suspects``).
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, OperationalError

from plugin.runtime import Runtime
from plugin.usecases import absorb
from plugin.usecases.make_offers import issuer
from plugin.worker.hands import LONGEST_WAIT_SECONDS, Hands, back_off
from storage import faults, inbox, shops, suspects
from storage.inbox import InboxRow
from webhooks import intake

BATCH = 100
LEASE_SECONDS = 60
#: a row that fails this often on its own is set aside
ATTEMPTS = 5
#: one that the database fails over so often, which takes an hour, while it takes in others, is set aside as well
TRIES_BESIDE_OTHERS = 60
#: so many transactions after a failure, and the other stores have a turn
PIECES = 8
#: what a delivery, or the database for its sake, may do
FAILURES = (DBAPIError, ValueError, ArithmeticError, LookupError)

log = logging.getLogger("regulars.worker")


@dataclass(frozen=True, slots=True)
class Batch:
    """Claimed rows, the currencies of all shops, and who was not claimed for being suspect."""

    rows: list[InboxRow]
    currencies: dict[int, str]
    suspects: tuple[InboxRow, ...] = ()

    def halves(self) -> list[Batch]:
        """Two, or the one row that there is."""
        middle = -(-len(self.rows) // 2)
        return [Batch(half, self.currencies) for half in (self.rows[:middle], self.rows[middle:]) if half]

    def by_shop(self) -> dict[int, Batch]:
        """A batch for each shop."""
        found: dict[int, Batch] = {}
        for row in self.rows:
            found.setdefault(row.shop_id, Batch([], self.currencies)).rows.append(row)
        return found


def run(runtime: Runtime, *, limit: int = BATCH, hands: Hands | None = None) -> int:
    """Takes up to ``limit`` deliveries in; answers how many were claimed.

    When a batch cannot be recorded its stores are tried one by one, and of those that fail halves and halves of halves,
    so that one poison delivery stops nobody. Meanwhile the other stores' deliveries are taken in between. What cannot even
    be put off stays in ``hands`` and is given back first of all the next time.
    """
    with (hands or Hands()).at_work(runtime) as held:
        if runtime.database.dialect == "sqlite":
            # a writer keeps all others out, if only to find nothing; on a server the claim itself is the look
            with runtime.database.reading() as db:
                if not inbox.due(db, runtime.now()):
                    return 0
        return _take_in(runtime, held, limit)


def _take_in(runtime: Runtime, held: Hands, limit: int) -> int:
    batch = _claim(runtime, held, limit=limit)
    count = len(batch.rows)
    if batch.rows and not _went_in(runtime, batch):
        count += _apart(runtime, held, batch)
    # a few at a time, and the others have a turn: those left are claimed, and let go, again
    return count + sum(_alone(runtime, held, batch, row) for row in batch.suspects[:PIECES])


def _apart(runtime: Runtime, held: Hands, batch: Batch) -> int:
    """Takes in what can be, after all of it together could not; how many of other stores were taken in between."""
    failing = _failing(runtime, batch)
    pieces = deque(half for theirs in failing.values() for half in theirs.halves())
    tried = others = 0
    while pieces:
        piece = pieces.popleft()
        if len(piece.rows) == 1:
            _absorb_alone(runtime, piece)
        elif not _went_in(runtime, piece):
            pieces.extend(piece.halves())
        tried += 1
        if tried % PIECES or not 0 < len(pieces) < BATCH:
            continue
        more = _claim(runtime, held, but=failing.keys())
        others += len(more.rows)
        if more.rows and not _went_in(runtime, more):
            found = _failing(runtime, more)
            pieces.extend(half for theirs in found.values() for half in theirs.halves())
            failing |= found
    return others


def _failing(runtime: Runtime, batch: Batch) -> dict[int, Batch]:
    """Of rows that failed together those of the stores that fail by themselves; the others are taken in."""
    by_shop = batch.by_shop()
    if len(by_shop) == 1:
        return by_shop
    return {shop_id: theirs for shop_id, theirs in by_shop.items() if not _went_in(runtime, theirs)}


def _claim(runtime: Runtime, held: Hands, *, limit: int = BATCH, but: Collection[int] = ()) -> Batch:
    """A batch, not of the shops ``but``, and what is suspect in its place."""
    now = runtime.now()
    # a claim that the machine forgets with its power is a delivery that waits again
    with runtime.database.fleeting() as db:
        rows = inbox.claim(db, now=now, limit=limit, lease_seconds=LEASE_SECONDS, but=but)
        sound, suspect, guilty = suspects.sort_out(db, rows, now=now)
        batch = Batch(sound, shops.currencies(db) if rows else {}, tuple(suspect))
    held.add(batch.rows)
    for row in guilty:
        log.error("delivery %d was set aside: the worker ended each time it took it in", row.delivery_row)
    return batch


def _alone(runtime: Runtime, held: Hands, batch: Batch, suspect: InboxRow) -> int:
    """Takes a suspect in with nothing else in these hands; one, or nought where somebody else did meanwhile."""
    with runtime.database.transaction() as db:
        row = suspects.claim(db, suspect, now=runtime.now(), lease_seconds=LEASE_SECONDS)
    if row is None:
        return 0
    log.warning("delivery %d, in whose time %d workers ended, is taken in alone", row.delivery_row, row.ended)
    held.add([row])
    _absorb_alone(runtime, Batch([row], batch.currencies))
    return 1


def _went_in(runtime: Runtime, batch: Batch) -> bool:
    """Whether all of them together could be taken in; if not, none was."""
    try:
        _absorb(runtime, batch)
    except FAILURES as error:
        log.warning("%d deliveries together failed, trying them apart: %s", len(batch.rows), type(error).__name__)
        return False
    return True


def _absorb(runtime: Runtime, batch: Batch) -> None:
    understood = intake.understand(batch.rows, batch.currencies)
    by = issuer(runtime.vault, runtime.config.environment)
    done = runtime.database.carry_out(
        lambda db: absorb.deliveries(db, understood, now=runtime.now(), vault=runtime.vault, issuer=by)
    )
    if done.erased:
        runtime.unscrubbed.set()


def _absorb_alone(runtime: Runtime, batch: Batch) -> None:
    (row,) = batch.rows
    try:
        _absorb(runtime, batch)
    except FAILURES as error:
        log.exception("delivery %d failed", row.delivery_row)
        with runtime.database.transaction() as db:
            _put_off(runtime, db, row, error)


def _put_off(runtime: Runtime, db: Connection, row: InboxRow, error: Exception) -> None:
    now, reason = runtime.now(), f"{type(error).__name__} while it was recorded"
    if isinstance(error, OperationalError) and not _its_own_fault(runtime, db, row, error):
        # a full disk, a lock, a server that goes: that is not the delivery's fault, and it is tried for as long as it takes
        inbox.retry(db, row, run_at=now + back_off(row.attempts), reason=reason)
    elif row.attempts >= ATTEMPTS:
        inbox.set_aside(db, row, reason, now)
    else:
        inbox.retry(db, row, run_at=now, reason=reason)


def _its_own_fault(runtime: Runtime, db: Connection, row: InboxRow, error: OperationalError) -> bool:
    """Whether it must be the delivery that takes too long, needs too much memory or brings the server down.

    Where others hold what it needs, or there is no room for it, it never is.
    """
    if row.attempts < TRIES_BESIDE_OTHERS or faults.by_lock_or_room(error):
        return False
    settled = inbox.newest_settled(db)
    return settled is not None and runtime.now() - settled < 2 * timedelta(seconds=LONGEST_WAIT_SECONDS)
