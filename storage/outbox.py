"""What must go out: every effect on the outside is a row first, with a key that makes it happen once."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, update

from storage import claims
from storage.claims import WAITING
from storage.tables import outbox, shops
from storage.upserts import put_new


class OutboxRow(NamedTuple):
    """A claimed effect."""

    outbox_row: int
    shop_id: int
    key: str
    kind: str
    payload: dict[str, Any]
    #: this one included
    attempts: int
    fence: int


def put(
    db: Connection,
    shop_id: int,
    *,
    key: str,
    kind: str,
    payload: dict[str, Any],
    now: datetime,
    run_at: datetime | None = None,
) -> bool:
    """Writes down an effect, due at ``run_at`` or at once; False when its key was there already, in whatever state."""
    row = {
        "shop_id": shop_id, "key": key, "kind": kind, "payload": payload, "created_at": now,
        "state": "waiting", "run_at": now if run_at is None else run_at,
    }  # fmt: skip
    return bool(put_new(db, outbox, [row], returning=(outbox.c.outbox_row,)))


def claim(db: Connection, *, now: datetime, limit: int, lease_seconds: float) -> list[OutboxRow]:
    """Takes up to ``limit`` due effects of active shops, for ``lease_seconds``; every shop gets its turn."""
    active = shops.c.state == "active"
    rows = claims.claim(db, outbox, now=now, limit=limit, lease_seconds=lease_seconds, only=active)
    return [OutboxRow(*(getattr(row, name) for name in OutboxRow._fields)) for row in rows]


def due(db: Connection, now: datetime) -> bool:
    """Whether there is an effect of an active shop to claim."""
    return claims.due(db, outbox, now=now, only=shops.c.state == "active")


def done(db: Connection, row: OutboxRow, now: datetime) -> bool:
    """Settles a claimed effect; False when another has claimed it since: roll back."""
    return bool(claims.settle(db, outbox, [(row.outbox_row, row.fence)], {"state": "done", "settled_at": now}))


def retry(db: Connection, row: OutboxRow, *, run_at: datetime, reason: str) -> bool:
    """Gives an effect back, to be tried again at ``run_at``."""
    return claims.retry(db, outbox, row.outbox_row, row.fence, run_at=run_at, reason=reason)


def give_up(db: Connection, row: OutboxRow, reason: str, now: datetime) -> bool:
    """Settles a claimed effect that will never happen."""
    changed = {"state": "given_up", "reason": reason, "settled_at": now}
    return bool(claims.settle(db, outbox, [(row.outbox_row, row.fence)], changed))


def give_up_all(db: Connection, shop_id: int, reason: str, now: datetime) -> int:
    """Settles everything of a shop that waits, claimed or not, as never to happen; how many."""
    changed = {
        "state": "given_up",
        "reason": reason,
        "settled_at": now,
        "claimed_until": None,
        "fence": outbox.c.fence + 1,
    }
    mine = (outbox.c.shop_id == shop_id, outbox.c.state == WAITING)
    return db.execute(update(outbox).where(*mine).values(changed)).rowcount


def waiting(db: Connection) -> int:
    """Effects of all shops that are not settled, claimed ones included."""
    return claims.waiting(db, outbox)
