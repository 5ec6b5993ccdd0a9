"""Takes the rules that codes hung on out of the store, a week after they ended, where a store has such rules.

The same quiet time as for discounts (``tidy_up``), so that what is still on its way meets a rule that is over. Which
rules may go, the store itself shows; nothing is kept of it here but how far this day's round has come.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from plugin.platforms import traits
from plugin.platforms.in_store import RuleSide
from plugin.platforms.protocol import Platform, Rejected
from plugin.usecases.tidy_up import KEEP, PAUSE, QUIET
from storage import outbox, shops
from storage.outbox import OutboxRow
from storage.shops import Shop

TIDY_RULES = "tidy_rules"


def due(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Whether a round should begin; read without a lock."""
    return traits.of(shop.platform).hangs_on_rules and not outbox.known(db, shop.shop_id, _key(shop, now))


def begin(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Begins this day's round, unless it has begun; whether it did."""
    outbox.forget(db, shop.shop_id, TIDY_RULES, before=now - KEEP)
    key = _key(shop, now)
    return outbox.put(db, shop.shop_id, key=key, kind=TIDY_RULES, payload={"round": key, "after": ""}, now=now)


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> tuple[str, str]:
    """The first day of the shop's calendar that stays, and the rule behind which it goes on."""
    zone = ZoneInfo(shops.get(db, row.shop_id).timezone)
    return (now - QUIET).astimezone(zone).date().isoformat(), str(row.payload["after"])


def ask(platform: Platform, asked: tuple[str, str]) -> str:
    """Has the next rules looked at; the last one's number, "" at the end. Raises PlatformError."""
    if not isinstance(platform, RuleSide):
        raise Rejected("this kind of store has no rules", code="UNSUPPORTED")
    day, after = asked
    return platform.tidy_rules(ended_before=datetime.fromisoformat(day).date(), after=after)


def conclude(db: Connection, row: OutboxRow, _asked: tuple[str, str], last: str, *, now: datetime) -> None:
    """Goes on behind the last rule, where there may be more."""
    if not outbox.done(db, row, now) or not last:
        return
    payload = {"round": row.payload["round"], "after": last}
    key = f"{payload['round']}/{last}"
    outbox.put(db, row.shop_id, key=key, kind=TIDY_RULES, payload=payload, now=now, run_at=now + PAUSE)


def _key(shop: Shop, now: datetime) -> str:
    return f"tidy_rules/{shop.generation}/{now:%Y-%m-%d}"
