"""One batch of the inbox: claimed, understood without a lock, absorbed in one transaction."""

from __future__ import annotations

import logging

from sqlalchemy.exc import DBAPIError

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

log = logging.getLogger("regulars.worker")


def run(runtime: Runtime) -> int:
    """Takes up to a hundred deliveries in; answers how many were claimed.

    When a batch cannot be recorded its rows are tried one by one, so that one poison delivery stops nobody.
    """
    with runtime.database.reading() as db:
        if not inbox.due(db, runtime.now()):
            return 0
    with runtime.database.transaction() as db:
        rows = inbox.claim(db, now=runtime.now(), limit=BATCH, lease_seconds=LEASE_SECONDS)
        currencies = {shop.shop_id: shop.currency for shop in shops.every(db)} if rows else {}
    if not rows:
        return 0
    try:
        _absorb(runtime, rows, currencies)
    except (DBAPIError, ValueError, ArithmeticError, LookupError) as error:
        log.warning("a batch of %d deliveries failed, trying them singly: %s", len(rows), type(error).__name__)
        for row in rows:
            _absorb_alone(runtime, row, currencies)
    return len(rows)


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
    except (DBAPIError, ValueError, ArithmeticError, LookupError) as error:
        log.exception("delivery %d failed", row.delivery_row)
        with runtime.database.transaction() as db:
            _put_off(runtime, db, row, f"{type(error).__name__} while it was recorded")


def _put_off(runtime: Runtime, db: object, row: InboxRow, reason: str) -> None:
    if row.attempts >= ATTEMPTS:
        inbox.set_aside(db, row, reason, runtime.now())  # type: ignore[arg-type]
    else:
        inbox.retry(db, row, run_at=runtime.now(), reason=reason)  # type: ignore[arg-type]
