"""Takes dead discounts that nobody used out of the store, so that its list and its limits are not filled by us.

Deleting frees the code's name, and a request on its way could then make it again. So nothing is deleted before the
quiet period is over, counted from the end of the offer and from when it was closed, whichever is later; what landed
after that would be over at once, for its end travels with it. The store is asked first: what is live, was used, or is
not ours by its tag, stays.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.platforms.in_store import OFFERED_BY, side
from plugin.platforms.protocol import Platform
from storage import outbox, removals
from storage.outbox import OutboxRow
from storage.shops import Shop

TIDY = "tidy_up"
#: seven days after the end, and no call for it for as long
QUIET = timedelta(days=7)
PAGE = 50
PAUSE = timedelta(seconds=5)
KEEP = timedelta(days=2)


def due(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Whether a round should begin; read without a lock."""
    if shop.platform not in OFFERED_BY:
        return False
    ready = removals.due(db, shop.shop_id, ended_before=now - QUIET, after="", limit=1)
    return bool(ready) and not outbox.known(db, shop.shop_id, _key(shop, now))


def begin(db: Connection, shop: Shop, *, now: datetime) -> bool:
    """Begins this day's round, unless it has begun; whether it did."""
    outbox.forget(db, shop.shop_id, TIDY, before=now - KEEP)
    key = _key(shop, now)
    return outbox.put(db, shop.shop_id, key=key, kind=TIDY, payload={"round": key, "after": ""}, now=now)


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> dict[str, str] | None:
    """Offers whose discounts may go, with the references; None at the end."""
    page = removals.due(db, row.shop_id, ended_before=now - QUIET, after=str(row.payload["after"]), limit=PAGE)
    if not page:
        outbox.done(db, row, now)
    return page or None


def ask(platform: Platform, page: dict[str, str]) -> list[str]:
    """Has deleted what the store shows to be dead, unused and ours; the offers whose discounts it has no more.

    What is deleted now is seen to be gone in the next day's round.
    """
    found = platform.find_discounts(list(page.values()))
    dead = [
        ref
        for offer_id, ref in page.items()
        if (one := found.get(ref)) is not None and not one.live and not one.usage_count and offer_id in one.tags
    ]
    if dead:
        side(platform).delete_discounts(dead)
    return [offer_id for offer_id, ref in page.items() if ref not in found]


def conclude(db: Connection, row: OutboxRow, page: dict[str, str], gone: list[str], *, now: datetime) -> None:
    """Writes down what went, and goes on with the next page."""
    if not outbox.done(db, row, now):
        return
    removals.removed(db, row.shop_id, gone, now=now)
    if len(page) < PAGE:
        return
    after = max(page)
    payload = {"round": row.payload["round"], "after": after}
    key = f"{payload['round']}/{after}"
    outbox.put(db, row.shop_id, key=key, kind=TIDY, payload=payload, now=now, run_at=now + PAUSE)


def _key(shop: Shop, now: datetime) -> str:
    return f"tidy/{shop.generation}/{now:%Y-%m-%d}"
