"""What came in: every verified delivery is kept, byte for byte, before it is answered, and worked on later."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import chain
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, delete, func, literal_column, select, update

from storage import claims, packing
from storage.claims import EVERY_SHOP, WAITING
from storage.columns import to_micros
from storage.engine import Database
from storage.tables import inbox, shops
from storage.upserts import among, bare

#: in one statement: few enough for what a statement may carry, more than threads wait for one commit
ROWS_AT_ONCE = 64
#: of what came last, looked at to see whether deliveries are taken in
LAST_ROWS = 500
SET_ASIDE: ColumnElement[str] = literal_column("'set_aside'")
DONE: ColumnElement[str] = literal_column("'done'")
# the head of each shop's line, which its index gives at once, and not all that waits
_LINE = select(inbox.c.received_at).where(inbox.c.shop_id == shops.c.shop_id, inbox.c.state == WAITING)
_HEAD = _LINE.order_by(inbox.c.run_at, inbox.c.delivery_row).limit(1).scalar_subquery()
OLDEST = select(func.min(select(_HEAD.label("head")).select_from(shops).subquery().c.head))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A delivery whose sender is proved. ``body`` is the bytes that were signed."""

    shop_id: int
    #: the platform's; the same one again is the same delivery
    delivery_id: str
    topic: str
    event_id: str | None = None
    api_version: str | None = None
    triggered_at: datetime | None = None
    received_at: datetime
    body: bytes
    #: given where the body tells a version of something: the same bytes again are the same event, whatever the id. It
    #: grows with the version's time, and has at most six bytes
    version: int | None = None
    #: a hash of the body with a key, as the sender proved it by; where there is none, one without a key is made
    proof: bytes | None = None


class Packed(NamedTuple):
    """A delivery as the table has it, instants in microseconds since 1970; what is not named is the same for all."""

    shop_id: int
    delivery_id: str
    topic: str
    event_id: str | None
    api_version: str | None
    triggered_at: int | None
    received_at: int
    run_at: int
    body: bytes
    natural_key: bytes | None


class InboxRow(NamedTuple):
    """A claimed delivery. ``body`` is the raw bytes; empty when the customer in it was erased meanwhile."""

    delivery_row: int
    shop_id: int
    delivery_id: str
    topic: str
    triggered_at: datetime | None
    received_at: datetime
    body: bytes
    #: this one included
    attempts: int
    fence: int
    #: leases before this one that ended without an end of the work (``suspects``)
    ended: int = 0


class Aside(NamedTuple):
    """A delivery that could not be understood."""

    delivery_row: int
    topic: str
    reason: str
    received_at: datetime


class Old(NamedTuple):
    """What has been kept long enough, and where to look on."""

    rows: list[int]
    after: int | None


def pack(one: Delivery) -> Packed:
    """A delivery as it is kept: compressed, and with its key. Needs no database, so that nobody waits for it."""
    received_at = to_micros(one.received_at)
    triggered_at = None if one.triggered_at is None else to_micros(one.triggered_at)
    natural_key = None
    if one.version is not None:
        natural_key = packing.natural_key(one.body, proof=one.proof, topic=one.topic, version=one.version)
    return Packed(
        one.shop_id, one.delivery_id, one.topic, one.event_id, one.api_version, triggered_at, received_at, received_at,
        packing.compressed(one.body), natural_key,
    )  # fmt: skip


def keep(db: Connection, deliveries: Sequence[Delivery]) -> list[bool]:
    """``keep_packed`` of deliveries as they came."""
    return keep_packed(db, [pack(one) for one in deliveries])


def keep_packed(db: Connection, packed: Sequence[Packed]) -> list[bool]:
    """Keeps deliveries of any shops; for each, in order, whether it is new.

    Known is what has the shop and id of one that is kept, or, where both tell a version, its shop, topic and bytes.
    """
    return _keep(packed, db.dialect.name, lambda statement, values: bare(db.exec_driver_sql(statement, values)))


def keep_at_once(database: Database, packed: Sequence[Packed]) -> list[bool]:
    """``keep_packed`` and its commit, one question to the database; in parts, each with its commit, where they are many.

    Raises Unclear: some may be kept then, and ``keep_packed`` finds what is.
    """
    return _keep(packed, database.dialect, database.at_once)


def claim(
    db: Connection, *, now: datetime, limit: int, lease_seconds: float, but: Collection[int] = ()
) -> list[InboxRow]:
    """Takes up to ``limit`` deliveries to work on, for ``lease_seconds``; every shop gets its turn, those of ``but`` none."""
    only = shops.c.shop_id.not_in(sorted(but)) if but else None
    rows = claims.claim(db, inbox, now=now, limit=limit, lease_seconds=lease_seconds, only=only)
    return [claimed(row) for row in rows]


def due(db: Connection, now: datetime) -> bool:
    """Whether there is a delivery to claim."""
    return claims.due(db, inbox, now=now)


def done(db: Connection, rows: Sequence[InboxRow], now: datetime) -> set[int]:
    """Settles claimed deliveries; those really settled. A missing one was claimed by another since: roll back."""
    claimed = [(row.delivery_row, row.fence) for row in rows]
    return claims.settle(db, inbox, claimed, {"state": "done", "settled_at": now})


def set_aside(db: Connection, row: InboxRow, reason: str, now: datetime) -> bool:
    """Puts a delivery that cannot be understood where it is seen and holds nobody up. ``reason`` names no person.

    The same told again under another id is kept again: it may be understood then.
    """
    changed = {"state": "set_aside", "reason": reason, "settled_at": now, "natural_key": None}
    return bool(claims.settle(db, inbox, [(row.delivery_row, row.fence)], changed))


def retry(db: Connection, row: InboxRow, *, run_at: datetime, reason: str) -> bool:
    """Gives a delivery back, to be tried again at ``run_at``."""
    changed = {"state": "waiting", "run_at": run_at, "reason": reason, "ended": None}
    return bool(claims.settle(db, inbox, [(row.delivery_row, row.fence)], changed))


def give_back(db: Connection, rows: Sequence[InboxRow], *, run_at: datetime) -> None:
    """Lets claimed deliveries wait again until ``run_at``; those settled, or claimed by another since, stay as they are."""
    changed = {"state": "waiting", "run_at": run_at, "ended": None}
    claims.settle(db, inbox, [(row.delivery_row, row.fence) for row in rows], changed)


def reopen(db: Connection, shop_id: int | None, rows: Collection[int] | None = None) -> int:
    """Lets what was set aside wait again, of one shop or (None) of all, all of it or these ``rows``; how many."""
    which = () if shop_id is None else (inbox.c.shop_id == shop_id,)
    if rows is not None:
        which = (*which, among(db, inbox.c.delivery_row, rows))
    statement = update(inbox).prefix_with(EVERY_SHOP).where(inbox.c.state == SET_ASIDE, *which)
    return db.execute(statement.values(state="waiting", attempts=0, ended=None, reason=None, settled_at=None)).rowcount


def waiting(db: Connection) -> int:
    """Deliveries of all shops that are not settled, claimed ones included."""
    return claims.waiting(db, inbox)


def oldest_waiting(db: Connection) -> datetime | None:
    """When the first delivery in the line of any shop came in; one that was put off stands further back."""
    moment: datetime | None = db.execute(OLDEST).scalar_one()
    return moment


def last_heard(db: Connection, shop_id: int) -> datetime | None:
    """When the newest delivery came in that is still kept; None where none is."""
    statement = select(inbox.c.received_at).where(inbox.c.shop_id == shop_id)
    moment: datetime | None = db.execute(statement.order_by(inbox.c.delivery_row.desc()).limit(1)).scalar_one_or_none()
    return moment


def newest_settled(db: Connection) -> datetime | None:
    """When the latest of the deliveries that came last, of all shops, was taken in; None where none of them was."""
    last = select(inbox.c.state, inbox.c.settled_at).prefix_with(EVERY_SHOP).order_by(inbox.c.delivery_row.desc())
    some = last.limit(LAST_ROWS).subquery()
    moment: datetime | None = db.execute(select(func.max(some.c.settled_at)).where(some.c.state == DONE)).scalar_one()
    return moment


def aside(db: Connection, shop_id: int, limit: int = 20) -> list[Aside]:
    """What was set aside, the newest first."""
    columns = (inbox.c.delivery_row, inbox.c.topic, inbox.c.reason, inbox.c.received_at)
    statement = select(*columns).where(inbox.c.shop_id == shop_id, inbox.c.state == SET_ASIDE)
    return [Aside(*row) for row in db.execute(statement.order_by(inbox.c.delivery_row.desc()).limit(limit))]


def count_aside(db: Connection, shop_id: int) -> int:
    """How many were set aside."""
    statement = select(func.count()).select_from(inbox).where(inbox.c.shop_id == shop_id, inbox.c.state == SET_ASIDE)
    return int(db.execute(statement).scalar_one())


def claimed(row: Row[Any]) -> InboxRow:
    """A row of the table as whoever claimed it needs it."""
    return InboxRow(
        row.delivery_row, row.shop_id, row.delivery_id, row.topic, row.triggered_at, row.received_at,
        packing.unpacked(row.body), row.attempts, row.fence, row.ended or 0,
    )  # fmt: skip


def old(db: Connection, before: datetime, *, now: datetime, after: int, limit: int) -> Old:
    """Looks at up to ``limit`` deliveries of all shops in the order of their coming, from behind the row ``after``.

    Which of them were settled before then, and the last one looked at: None once there is nothing older to look at.
    It reads the old end of the table alone, whatever its size. Rows that are dated after ``now`` came while a clock
    was wrong and end nothing.
    """
    columns = (inbox.c.delivery_row, inbox.c.received_at, inbox.c.settled_at)
    statement = select(*columns).prefix_with(EVERY_SHOP).where(inbox.c.delivery_row > after)
    seen = db.execute(statement.order_by(inbox.c.delivery_row).limit(limit)).all()
    young = next((place for place, row in enumerate(seen) if before <= row.received_at <= now), len(seen))
    looked = seen[:young]
    settled = [row.delivery_row for row in looked if row.settled_at is not None and row.settled_at < before]
    return Old(settled, looked[-1].delivery_row if looked and young == limit else None)


def prune(db: Connection, rows: Collection[int], before: datetime) -> int:
    """Forgets those of these rows that were settled before then, done or set aside; how many."""
    statement = delete(inbox).prefix_with(EVERY_SHOP).where(among(db, inbox.c.delivery_row, rows))
    return db.execute(statement.where(inbox.c.state != WAITING, inbox.c.settled_at < before)).rowcount


def _keep(
    packed: Sequence[Packed], dialect: str, carry_out: Callable[[str, tuple[Any, ...]], Iterable[Any]]
) -> list[bool]:
    fresh: set[tuple[int, str]] = set()
    for start in range(0, len(packed), ROWS_AT_ONCE):
        rows = packed[start : start + ROWS_AT_ONCE]
        fresh.update(map(tuple, carry_out(_insert(dialect, len(rows)), tuple(chain.from_iterable(rows)))))
    answers = []
    for one in packed:
        key = (one.shop_id, one.delivery_id)
        answers.append(key in fresh)
        fresh.discard(key)
    return answers


@cache
def _insert(dialect: str, rows: int) -> str:
    # one statement for many rows: with each of its own the interpreter would be let go, and had to be waited for, again
    width = len(Packed._fields)
    places = range(1, rows * width + 1)
    marks = [f"${place}" for place in places] if dialect == "postgresql" else ["?" for _ in places]
    listed = ", ".join(f"({', '.join(marks[at : at + width])}, '', 'waiting')" for at in range(0, rows * width, width))
    # the names are those of the table's columns, never what somebody sent
    return (
        f"INSERT INTO inbox ({', '.join(Packed._fields)}, body_hash, state) VALUES {listed} "  # noqa: S608
        "ON CONFLICT DO NOTHING RETURNING shop_id, delivery_id"
    )
