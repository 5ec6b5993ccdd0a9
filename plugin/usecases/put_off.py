"""What becomes of a call that the store did not answer with what was asked for: when it is made again, and by whom."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.platforms.protocol import AccessLost, NotSent, PlatformError, ShopUnavailable, Throttled, Unauthorized
from storage import access, outbox
from storage.outbox import OutboxRow

#: waits after the first, second, … attempt that told nothing, in seconds; the last one repeats
BACK_OFF_SECONDS = (2, 5, 15, 60, 300, 900)


def call(db: Connection, row: OutboxRow, error: PlatformError, *, now: datetime) -> None:
    """Puts the call off for as long as the error asks for; a store that does not let us in is paused."""
    match error:
        case Throttled():
            outbox.retry(db, row, run_at=now + timedelta(seconds=error.retry_after_seconds), reason="throttled")
        case AccessLost() | ShopUnavailable():
            _shut_out(db, row, error, now=now)
        case Unauthorized():
            # the next call renews the token first; what is refused after that is no mistake
            if access.distrust(db, row.shop_id, now):
                outbox.retry(db, row, run_at=now + timedelta(seconds=BACK_OFF_SECONDS[0]), reason=str(error))
            else:
                _shut_out(db, row, error, now=now)
        case _:
            word = "could not be reached" if isinstance(error, NotSent) else "in doubt"
            later(db, row, f"{word}: {error}", now=now)


def later(db: Connection, row: OutboxRow, reason: str, *, now: datetime) -> None:
    """Puts the call off for the longer, the more often it was made."""
    wait = BACK_OFF_SECONDS[min(row.attempts, len(BACK_OFF_SECONDS) - 1)]
    outbox.retry(db, row, run_at=now + timedelta(seconds=wait), reason=reason)


def _shut_out(db: Connection, row: OutboxRow, error: PlatformError, *, now: datetime) -> None:
    if outbox.retry(db, row, run_at=now + timedelta(seconds=BACK_OFF_SECONDS[-1]), reason=str(error)):
        access.lose(db, row.shop_id, str(error), now)
