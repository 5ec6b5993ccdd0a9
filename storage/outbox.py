"""What must go out: every effect on the outside is a row first, with a key that makes it happen once."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, Select, bindparam, delete, select, update

from storage import claims
from storage.claims import WAITING
from storage.tables import outbox, shops
from storage.upserts import among, among_later, listed, put_new

ACTIVE = shops.c.state == "active"
# asked in every round, so built once
OF_KIND = (outbox.c.shop_id == bindparam("shop"), outbox.c.kind == bindparam("of_kind"))
LAST = outbox.c.created_at.desc(), outbox.c.outbox_row.desc()
NEWEST = select(outbox.c.created_at, outbox.c.payload).where(*OF_KIND).order_by(*LAST).limit(1)
OLD = outbox.c.created_at < bindparam("before", type_=outbox.c.created_at.type)
FORGET = delete(outbox).where(*OF_KIND, outbox.c.state != WAITING, OLD)
TO_PRUNE = select(outbox.c.outbox_row).where(*OF_KIND, OLD, outbox.c.state == "done").limit(bindparam("most"))
PRUNE = delete(outbox).where(outbox.c.shop_id == bindparam("shop"), outbox.c.outbox_row.in_(TO_PRUNE))


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
    return bool(put_many(db, shop_id, kind=kind, payloads={key: payload}, now=now, run_at=run_at))


def put_many(
    db: Connection,
    shop_id: int,
    *,
    kind: str,
    payloads: Mapping[str, Mapping[str, Any]],
    now: datetime,
    run_at: datetime | None = None,
) -> set[str]:
    """Writes down effects of one kind by their keys; the keys that are new."""
    rows = [
        {
            "shop_id": shop_id, "key": key, "kind": kind, "payload": payload, "created_at": now,
            "state": "waiting", "run_at": now if run_at is None else run_at,
        }
        for key, payload in payloads.items()
    ]  # fmt: skip
    return {row.key for row in put_new(db, outbox, rows, returning=(outbox.c.key,))}


def note(db: Connection, shop_id: int, *, key: str, kind: str, payload: Mapping[str, Any], now: datetime) -> None:
    """Writes down what has been done already, for ``newest`` and ``settled`` to tell; nothing is left to do about it."""
    row = {
        "shop_id": shop_id, "key": key, "kind": kind, "payload": payload, "created_at": now, "run_at": now,
        "state": "done", "settled_at": now,
    }  # fmt: skip
    put_new(db, outbox, [row], returning=(outbox.c.key,))


def claim(db: Connection, *, now: datetime, limit: int, lease_seconds: float) -> list[OutboxRow]:
    """Takes up to ``limit`` due effects of active shops, for ``lease_seconds``; every shop gets its turn."""
    rows = claims.claim(db, outbox, now=now, limit=limit, lease_seconds=lease_seconds, only=ACTIVE)
    return [OutboxRow(*(getattr(row, name) for name in OutboxRow._fields)) for row in rows]


def due(db: Connection, now: datetime) -> bool:
    """Whether there is an effect of an active shop to claim."""
    return claims.due(db, outbox, now=now, only=ACTIVE)


def done(db: Connection, row: OutboxRow, now: datetime) -> bool:
    """Settles a claimed effect; False when another has claimed it since: roll back."""
    return bool(done_many(db, [row], now))


def done_many(db: Connection, rows: Sequence[OutboxRow], now: datetime) -> set[int]:
    """Settles claimed effects of any shops; the numbers of those really settled."""
    claimed = [(row.outbox_row, row.fence) for row in rows]
    return claims.settle(db, outbox, claimed, {"state": "done", "settled_at": now})


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


def states(db: Connection, shop_id: int, keys: Collection[str]) -> dict[str, str]:
    """The state of each of these effects that was ever written down."""
    found = db.execute(_states(db.dialect.name), {"shop": shop_id, "wanted": listed(db, keys)})
    return {row.key: row.state for row in found}


def known(db: Connection, shop_id: int, key: str) -> bool:
    """Whether an effect with this key was written down, in whatever state it is."""
    return bool(states(db, shop_id, [key]))


def newest(db: Connection, shop_id: int, kind: str) -> tuple[datetime, dict[str, Any]] | None:
    """When an effect of this kind was written down last, and what it is about."""
    row = db.execute(NEWEST, {"shop": shop_id, "of_kind": kind}).one_or_none()
    return None if row is None else (row.created_at, row.payload)


def settled(db: Connection, shop_id: int, kind: str, *, since: datetime) -> list[dict[str, Any]]:
    """What the effects of a kind that were settled since then were about, the oldest first."""
    mine = (outbox.c.shop_id == shop_id, outbox.c.kind == kind, outbox.c.state == "done", outbox.c.settled_at >= since)
    return list(db.execute(select(outbox.c.payload).where(*mine).order_by(outbox.c.settled_at)).scalars())


def forget(db: Connection, shop_id: int, kind: str, *, before: datetime) -> int:
    """Removes the settled effects of a kind that repeats itself, written down before then; how many."""
    return db.execute(FORGET, {"shop": shop_id, "of_kind": kind, "before": before}).rowcount


def prunable(db: Connection, shop_id: int, kind: str, *, before: datetime) -> bool:
    """Whether ``prune`` would remove something; a read, so that nobody waits for one who has nothing to do."""
    given = {"shop": shop_id, "of_kind": kind, "before": before, "most": 1}
    return db.execute(TO_PRUNE, given).first() is not None


def prune(db: Connection, shop_id: int, kind: str, *, before: datetime, limit: int) -> int:
    """Removes up to ``limit`` effects of a kind that were done and had been written down before then; how many."""
    return db.execute(PRUNE, {"shop": shop_id, "of_kind": kind, "before": before, "most": limit}).rowcount


def forget_keys(db: Connection, shop_id: int, keys: Collection[str]) -> None:
    """Removes settled effects, so that they can be written down again."""
    mine = (outbox.c.shop_id == shop_id, among(db, outbox.c.key, keys), outbox.c.state != WAITING)
    db.execute(delete(outbox).where(*mine))


def waiting(db: Connection) -> int:
    """Effects of all shops that are not settled, claimed ones included."""
    return claims.waiting(db, outbox)


@cache
def _states(dialect: str) -> Select[Any]:
    mine = (outbox.c.shop_id == bindparam("shop"), among_later(dialect, outbox.c.key, "wanted"))
    return select(outbox.c.key, outbox.c.state).where(*mine)
