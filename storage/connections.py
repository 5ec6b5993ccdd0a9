"""The ways to stores that are reached by an address of their own: how they are found, opened, and asked what is new.

One for each shop, and it outlives an uninstall: what guests are recognised by must never change.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection as Db
from sqlalchemy import Row, bindparam, select, update

from storage.claims import EVERY_SHOP
from storage.tables import connections, shops
from storage.upserts import insert

PENDING, CONNECTED = "pending", "connected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A way to a store."""

    shop_id: int
    #: stands in the addresses that the store calls
    connection_id: str
    base_url: str
    state: str
    open_until: datetime | None
    sealed: bytes = field(repr=False)
    #: store view -> website, both as text of a number
    views: dict[str, int]
    poll_due_at: datetime | None
    polled: dict[str, Any]


COLUMNS = tuple(connections.c[each.name] for each in fields(Connection))
# asked in every round of a worker, so built once
DUE = (
    select(connections.c.shop_id)
    .prefix_with(EVERY_SHOP)
    .join(shops, shops.c.shop_id == connections.c.shop_id)
    .where(
        shops.c.state != "uninstalled",
        connections.c.poll_due_at <= bindparam("now", type_=connections.c.poll_due_at.type),
    )
    .order_by(connections.c.poll_due_at, connections.c.shop_id)
)


def begin(db: Db, shop_id: int, *, connection_id: str, base_url: str, sealed: bytes, open_until: datetime) -> None:
    """Makes the way to a store that has none, or lets the store say hello by the one there is, which serves meanwhile."""
    statement = insert(db, connections).values(
        shop_id=shop_id, connection_id=connection_id, base_url=base_url, state=PENDING, open_until=open_until,
        sealed=sealed, views={}, poll_due_at=None, polled={},
    )  # fmt: skip
    db.execute(statement.on_conflict_do_update(index_elements=["shop_id"], set_={"open_until": open_until}))


def connect(db: Db, shop_id: int, *, views: dict[str, int], poll_at: datetime) -> None:
    """The store has let us in: no further hello is taken, and it is asked what is new from ``poll_at`` on."""
    changed = {"state": CONNECTED, "open_until": None, "views": views, "poll_due_at": poll_at}
    db.execute(update(connections).where(connections.c.shop_id == shop_id).values(changed))


def close(db: Db, shop_id: int) -> None:
    """The store is not asked any more; nothing else changes."""
    db.execute(update(connections).where(connections.c.shop_id == shop_id).values(poll_due_at=None))


def find(db: Db, connection_id: str) -> Connection | None:
    """The way with this id, to a shop in whatever state."""
    statement = select(*COLUMNS).prefix_with(EVERY_SHOP).where(connections.c.connection_id == connection_id)
    row = db.execute(statement).one_or_none()
    return None if row is None else _connection(row)


def ids(db: Db) -> frozenset[str]:
    """Every address that a store may call."""
    return frozenset(db.execute(select(connections.c.connection_id).prefix_with(EVERY_SHOP)).scalars())


def get(db: Db, shop_id: int) -> Connection | None:
    """The way to this shop's store; None for a platform that needs none."""
    row = db.execute(select(*COLUMNS).where(connections.c.shop_id == shop_id)).one_or_none()
    return None if row is None else _connection(row)


def seal_again(db: Db, shop_id: int, sealed: bytes) -> None:
    """Replaces what is sealed."""
    db.execute(update(connections).where(connections.c.shop_id == shop_id).values(sealed=sealed))


def keep_views(db: Db, shop_id: int, views: dict[str, int]) -> None:
    """Replaces the store views."""
    db.execute(update(connections).where(connections.c.shop_id == shop_id).values(views=views))


def due(db: Db, now: datetime) -> list[int]:
    """The served shops whose stores are to be asked what is new, the longest overdue first."""
    return list(db.execute(DUE, {"now": now}).scalars())


def take(db: Db, shop_id: int, *, now: datetime, until: datetime) -> bool:
    """Makes a due question ours until then; False where another worker was faster. Whoever dies leaves it due again."""
    mine = (connections.c.shop_id == shop_id, connections.c.poll_due_at <= now)
    return db.execute(update(connections).where(*mine).values(poll_due_at=until)).rowcount == 1


def keep_polled(db: Db, shop_id: int, polled: dict[str, Any], *, due_at: datetime | None = None) -> None:
    """Says how far asking has come, and, given, when it goes on."""
    changed: dict[str, Any] = {"polled": polled}
    if due_at is not None:
        changed["poll_due_at"] = due_at
    db.execute(update(connections).where(connections.c.shop_id == shop_id).values(changed))


def _connection(row: Row[Any]) -> Connection:
    return Connection(**{**row._asdict(), "sealed": bytes(row.sealed)})
