"""Begins an installation: the store's row, its sealed token, its first program."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from plugin.platforms.protocol import StoreInfo
from plugin.rewards import stored
from plugin.rewards.propose import propose
from plugin.usecases import keep_currency
from storage import access, orders, programs, shops, snapshots
from storage.facts import ShopFact
from storage.shops import Shop

#: who wrote a program that nobody has touched yet
PROPOSAL = "Regulars"
#: the hour of the shop's night at which everything is measured anew
NIGHT_HOUR = 2
#: fewer orders than this say too little to propose from
ENOUGH_ORDERS = 50
MONTH_MICROS = 30.44 * 86_400 * 1_000_000


def begin(db: Connection, *, platform: str, domain: str, info: StoreInfo, sealed: bytes | None, now: datetime) -> Shop:
    """Makes or revives the shop's row with its sealed token, and gives a new shop its first program.

    Installed again after an uninstall it is the same shop, with everything it knew.
    """
    shop = shops.install(
        db, platform=platform, domain=domain, credentials=sealed, scopes=" ".join(info.scopes), now=now,
        nightly_due_at=next_night(info.timezone, now),
    )  # fmt: skip
    fact = ShopFact(name=info.name, currency=info.currency, timezone=info.timezone, updated_at=now)
    shops.tell(db, shop.shop_id, fact)
    if programs.current(db, shop.shop_id) is None:
        program = propose(currency=info.currency, spends_365d=[], order_values=[], monthly_revenue=0)
        programs.append(
            db, shop.shop_id, body=stored.to_stored(program), author=PROPOSAL, note="the first proposal", now=now
        )
    keep_currency.check(db, shop.shop_id)
    return shops.get(db, shop.shop_id)


def again(db: Connection, shop: Shop, *, info: StoreInfo, sealed: bytes, now: datetime) -> Shop:
    """A connected store has let us in anew: its credentials, and what it says of itself. What was paused on request stays so."""
    access.grant(db, shop.shop_id, credentials=sealed, scopes=" ".join(info.scopes), now=now)
    shops.tell(
        db, shop.shop_id, ShopFact(name=info.name, currency=info.currency, timezone=info.timezone, updated_at=now)
    )
    keep_currency.check(db, shop.shop_id)
    return shops.get(db, shop.shop_id)


def propose_again(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Proposes from the shop's own orders once there are enough, as long as no merchant has saved rules of their own."""
    kept = programs.history(db, shop.shop_id)
    if len(kept) != 1 or kept[0].author != PROPOSAL:
        return False
    found = orders.purchases(db, shop.shop_id, until=now)
    if len(found.net_minor) < ENOUGH_ORDERS:
        return False
    months = max(1.0, (max(found.at_micros) - min(found.at_micros)) / MONTH_MICROS)
    program = propose(
        currency=shop.currency,
        spends_365d=snapshots.spends(db, shop.shop_id),
        order_values=found.net_minor,
        monthly_revenue=round(sum(found.net_minor) / months),
    )
    programs.append(
        db, shop.shop_id, body=stored.to_stored(program), author=PROPOSAL, note="from the shop's own orders", now=now
    )
    snapshots.plan_all(db, shop.shop_id, now)
    return True


def next_night(timezone: str, now: datetime) -> datetime:
    """The next two o'clock at night in a time zone, after ``now``."""
    local = now.astimezone(ZoneInfo(timezone))
    tonight = local.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
    return tonight if tonight > local else tonight + timedelta(days=1)
