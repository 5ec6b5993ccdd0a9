"""Reads the groups that the store itself counts its customers to, to be shown beside ours: everyone once a week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.platforms.in_store import OFFERED_BY, side
from plugin.platforms.protocol import Platform
from plugin.rewards.stored import from_stored
from storage import disclosure, notes, outbox, programs
from storage.outbox import OutboxRow
from storage.shops import Shop

READ = "read_groups"
WEEK = timedelta(days=7)
PAGE = 50
PAUSE = timedelta(seconds=10)


def due(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Whether a round should begin; read without a lock."""
    current = programs.current(db, shop.shop_id)
    if shop.platform not in OFFERED_BY or current is None or not from_stored(current.body).in_store.read_groups:
        return False
    return not outbox.known(db, shop.shop_id, _key(shop, now)) and not disclosure.waiting(db, shop.shop_id, READ)


def begin(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Begins this week's round, unless it has begun; whether it did."""
    outbox.forget(db, shop.shop_id, READ, before=now - 2 * WEEK)
    key = _key(shop, now)
    return outbox.put(db, shop.shop_id, key=key, kind=READ, payload={"round": key, "after": ""}, now=now)


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> list[str] | None:
    """Whom to ask about; None at the end."""
    page = [one.customer_id for one in notes.page(db, row.shop_id, after=str(row.payload["after"]), limit=PAGE)]
    if not page:
        outbox.done(db, row, now)
    return page or None


def ask(platform: Platform, page: list[str]) -> dict[str, str | None]:
    """What the store says of them. Raises PlatformError."""
    return side(platform).customer_groups(page)


def conclude(
    db: Connection, row: OutboxRow, page: list[str], groups: Mapping[str, str | None], *, now: datetime
) -> None:
    """Keeps it of those who are still known, and goes on with the next."""
    if not outbox.done(db, row, now):
        return
    known = {one.customer_id for one in notes.some(db, row.shop_id, page)}
    notes.keep_groups(db, row.shop_id, {who: group for who, group in groups.items() if who in known}, now=now)
    payload = {"round": row.payload["round"], "after": page[-1]}
    key = f"{payload['round']}/{page[-1]}"
    outbox.put(db, row.shop_id, key=key, kind=READ, payload=payload, now=now, run_at=now + PAUSE)


def _key(shop: Shop, now: datetime) -> str:
    year, week, _day = now.isocalendar()
    return f"groups/{shop.generation}/{year}-{week}"
