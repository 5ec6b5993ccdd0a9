"""What was written on customers in the store, so that it is written again only once it has changed; and its own group."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, exists, select

from storage.tables import notes, offers, outbox, snapshots
from storage.upserts import among, put_all


class Measured(NamedTuple):
    """What a note on a customer is made from."""

    customer_id: str
    group: str
    tier: str | None


def page(db: Connection, shop_id: int, *, after: str, limit: int) -> list[Measured]:
    """Measured customers in the order of their ids, from behind ``after``."""
    columns = (snapshots.c.customer_id, snapshots.c.group, snapshots.c.tier)
    mine = (snapshots.c.shop_id == shop_id, snapshots.c.customer_id > after)
    rows = db.execute(select(*columns).where(*mine).order_by(snapshots.c.customer_id).limit(limit))
    return [Measured(*row) for row in rows]


def some(db: Connection, shop_id: int, customer_ids: Collection[str]) -> list[Measured]:
    """Those of these customers who were measured."""
    columns = (snapshots.c.customer_id, snapshots.c.group, snapshots.c.tier)
    mine = (snapshots.c.shop_id == shop_id, among(db, snapshots.c.customer_id, customer_ids))
    return [Measured(*row) for row in db.execute(select(*columns).where(*mine))]


def steps(db: Connection, shop_id: int, customer_ids: Collection[str], *, now: datetime) -> dict[str, str]:
    """The step of the newest offer that each of these customers can use; no key for one who has none."""
    mine = (offers.c.shop_id == shop_id, offers.c.state == "issued", offers.c.ends_at > now)
    statement = select(offers.c.customer_id, offers.c.kind, offers.c.step).where(
        *mine, among(db, offers.c.customer_id, customer_ids)
    )
    rows = db.execute(statement.order_by(offers.c.created_at, offers.c.offer_id))
    return {row.customer_id: f"{row.kind} {row.step}".strip() for row in rows}


def about_to_end(
    db: Connection, shop_id: int, *, now: datetime, until: datetime, shortest: timedelta, limit: int
) -> list[str]:
    """Offers that end before ``until`` and ran for at least ``shortest``, the first to end first."""
    mine = (offers.c.shop_id == shop_id, offers.c.state == "issued", offers.c.ends_at > now, offers.c.ends_at <= until)
    untold = ~exists().where(outbox.c.shop_id == shop_id, outbox.c.key == "flow/offer-ending/" + offers.c.offer_id)
    statement = select(offers.c.offer_id, offers.c.starts_at, offers.c.ends_at).where(*mine, untold)
    rows = db.execute(statement.order_by(offers.c.ends_at).limit(limit))
    return [row.offer_id for row in rows if row.ends_at - row.starts_at >= shortest]


def told(db: Connection, shop_id: int, customer_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """What was last written on each of these customers; no key for one on whom nothing was written."""
    mine = (notes.c.shop_id == shop_id, notes.c.told.is_not(None), among(db, notes.c.customer_id, customer_ids))
    return {row.customer_id: row.told for row in db.execute(select(notes.c.customer_id, notes.c.told).where(*mine))}


def any_told(db: Connection, shop_id: int) -> bool:
    """Whether anything of ours stands on a customer."""
    mine = (notes.c.shop_id == shop_id, notes.c.told.is_not(None))
    return db.execute(select(notes.c.customer_id).where(*mine).limit(1)).first() is not None


def told_after(db: Connection, shop_id: int, *, after: str, limit: int) -> list[str]:
    """Customers on whom something of ours stands, in the order of their ids, from behind ``after``."""
    mine = (notes.c.shop_id == shop_id, notes.c.told.is_not(None), notes.c.customer_id > after)
    statement = select(notes.c.customer_id).where(*mine).order_by(notes.c.customer_id).limit(limit)
    return list(db.execute(statement).scalars())


def keep_told(db: Connection, shop_id: int, written: Mapping[str, Mapping[str, Any] | None], *, now: datetime) -> None:
    """The store has confirmed what stands on these customers; None: nothing of ours any more."""
    rows = [
        {"shop_id": shop_id, "customer_id": who, "told": None if what is None else dict(what), "told_at": now}
        for who, what in written.items()
    ]
    put_all(db, notes, rows)


def keep_groups(db: Connection, shop_id: int, groups: Mapping[str, str | None], *, now: datetime) -> None:
    """The groups that the store counts these customers to; None where it counts one to none."""
    rows = [
        {"shop_id": shop_id, "customer_id": who, "store_group": group, "read_at": now} for who, group in groups.items()
    ]
    put_all(db, notes, rows)


def store_group(db: Connection, shop_id: int, customer_id: str) -> tuple[str | None, datetime | None]:
    """The store's own group of a customer and when it was read; nothing where it never was."""
    mine = (notes.c.shop_id == shop_id, notes.c.customer_id == customer_id)
    row = db.execute(select(notes.c.store_group, notes.c.read_at).where(*mine)).one_or_none()
    return (None, None) if row is None else (row.store_group, row.read_at)
