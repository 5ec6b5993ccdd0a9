"""Deliveries on their way: into the inbox, through the intake, and the tables that they leave."""

from __future__ import annotations

import hashlib
import itertools
import json
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from storage import inbox
from storage.engine import Database
from storage.inbox import Delivery, InboxRow
from storage.tables import customers, order_lines, orders, refunds, shops
from storage.tables import inbox as inbox_table
from tests.webhooks import bodies
from webhooks import intake
from webhooks.intake import Recorded

_numbers = itertools.count(1)


def delivery(
    shop_id: int,
    topic: str,
    body: bytes | dict[str, Any],
    *,
    triggered_at: datetime | None = bodies.TRIGGERED,
    delivery_id: str | None = None,
) -> Delivery:
    """A delivery with an id of its own."""
    return Delivery(
        shop_id=shop_id,
        delivery_id=delivery_id or f"w-{next(_numbers)}",
        topic=topic,
        triggered_at=triggered_at,
        received_at=bodies.RECEIVED,
        body=body if isinstance(body, bytes) else json.dumps(body).encode(),
    )


def of(shop_id: int, *names: str) -> list[Delivery]:
    """The payloads of these names as deliveries."""
    return [delivery(shop_id, bodies.topic_of(name), bodies.raw(name)) for name in names]


def arrive(database: Database, deliveries: Sequence[Delivery]) -> None:
    """Keeps them, in this order."""
    with database.transaction() as db:
        for one in deliveries:
            inbox.keep(db, [one])


def claim(database: Database, limit: int = 100) -> list[InboxRow]:
    """Takes what waits."""
    with database.transaction() as db:
        now = bodies.RECEIVED + timedelta(hours=1)
        return inbox.claim(db, now=now, limit=limit, lease_seconds=60)


def record(database: Database, rows: Sequence[InboxRow], *, currency: str = "USD") -> Recorded:
    """Understands and records rows, in a transaction of their own."""
    understood = intake.understand(rows, dict.fromkeys({row.shop_id for row in rows}, currency))
    with database.transaction() as db:
        return intake.record(db, understood, fingerprints=fingerprints, now=bodies.RECEIVED)


def take_in(database: Database, deliveries: Sequence[Delivery], *, batch: int = 100) -> list[Recorded]:
    """The whole way, in batches."""
    arrive(database, deliveries)
    return [record(database, rows) for rows in iter(lambda: claim(database, batch), [])]


def fingerprints(shop_id: int, customer_id: str) -> tuple[str, ...]:
    """Two keyed hashes, as after a change of keys."""
    return tuple(hashlib.sha256(f"{key}/{shop_id}/{customer_id}".encode()).hexdigest() for key in ("new", "old"))


def tables(database: Database, shop_id: int) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that facts leave behind, of one shop, without its number."""
    told = [shops.c.name, shops.c.currency, shops.c.timezone, shops.c.told_at]
    with database.reading() as db:
        found = {
            table.name: db.execute(
                select(*(column for column in table.c if column.name != "shop_id"))
                .where(table.c.shop_id == shop_id)
                .order_by(*table.primary_key)
            ).all()
            for table in (customers, orders, order_lines, refunds)
        }
        found["shops"] = db.execute(select(*told).where(shops.c.shop_id == shop_id)).all()
    return {name: [tuple(row) for row in rows] for name, rows in found.items()}


def states(database: Database, shop_id: int) -> list[tuple[str, str, str | None]]:
    """(topic, state, reason) of every delivery of a shop, in the order of arrival."""
    columns = (inbox_table.c.topic, inbox_table.c.state, inbox_table.c.reason)
    with database.reading() as db:
        rows: Iterable[Any] = db.execute(
            select(*columns).where(inbox_table.c.shop_id == shop_id).order_by(inbox_table.c.delivery_row)
        )
        return [tuple(row) for row in rows]
