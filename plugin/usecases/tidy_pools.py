"""Takes discounts that held the codes of many out of the store, once all of it is over and no code was used.

The same quiet time as for single discounts (``tidy_up``): a week after the end, so that what is still on its way lands in
a discount that is over. A pool of which codes were used stays as the store's own record; either way it is not looked at
again once the store has shown what it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from plugin.platforms.in_store import OFFERED_BY, side
from plugin.platforms.protocol import Platform
from plugin.usecases.spec import POOL
from plugin.usecases.tidy_up import KEEP, PAGE, QUIET
from storage import figures, outbox
from storage.outbox import OutboxRow
from storage.shops import Shop

TIDY_POOLS = "tidy_pools"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """Pools that need no look any more: gone from the store, or used."""

    tags: tuple[str, ...]


def remember(db: Connection, shop_id: int, tag: str, *, ref: str, ends_at: datetime, now: datetime) -> None:
    """Which discount holds the codes of a pool, and when it is over."""
    figures.keep(db, shop_id, tag, {"ref": ref, "ends_at": ends_at.isoformat()}, now)


def due(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Whether a round should begin; read without a lock."""
    if shop.platform not in OFFERED_BY:
        return False
    return bool(_over(db, shop.shop_id, now)) and not outbox.known(db, shop.shop_id, _key(shop, now))


def begin(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Begins this day's round, unless it has begun; whether it did."""
    outbox.forget(db, shop.shop_id, TIDY_POOLS, before=now - KEEP)
    return outbox.put(db, shop.shop_id, key=_key(shop, now), kind=TIDY_POOLS, payload={}, now=now)


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> dict[str, str] | None:
    """Pools that are over, with the references of their discounts; None where there are none."""
    page = dict(sorted(_over(db, row.shop_id, now).items())[:PAGE])
    if not page:
        outbox.done(db, row, now)
    return page or None


def ask(platform: Platform, page: dict[str, str]) -> Settled:
    """Has deleted what the store shows to be dead, unused and ours. What is deleted now is seen to be gone the next day.

    Raises PlatformError.
    """
    found = platform.find_discounts(list(page.values()))
    over = {tag: found.get(ref) for tag, ref in page.items()}
    dead = [one.ref for tag, one in over.items() if one and not one.live and not one.usage_count and tag in one.tags]
    if dead:
        side(platform).delete_discounts(dead)
    return Settled(tags=tuple(tag for tag, one in over.items() if one is None or one.ref not in dead))


def conclude(db: Connection, row: OutboxRow, _page: dict[str, str], settled: Settled, *, now: datetime) -> None:
    """Forgets the pools that need no look any more."""
    if outbox.done(db, row, now):
        figures.forget(db, row.shop_id, settled.tags)


def _over(db: Connection, shop_id: int, now: datetime) -> dict[str, str]:
    """The pools whose quiet time is over, with their references; of an older program's pools the end is not known."""
    pools = figures.named(db, shop_id, POOL)
    ends = {tag: datetime.fromisoformat(kept.body.get("ends_at", now.isoformat())) for tag, kept in pools.items()}
    return {tag: str(kept.body["ref"]) for tag, kept in pools.items() if ends[tag] + QUIET < now}


def _key(shop: Shop, now: datetime) -> str:
    return f"tidy_pools/{shop.generation}/{now:%Y-%m-%d}"
