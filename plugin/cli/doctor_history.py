"""What the doctor says of a store's past orders, of deliveries that were lost, and of what its API announces."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.cli.counting import counted
from plugin.cli.shopify_history import limit_told
from plugin.platforms.shopify import notices
from plugin.usecases import keep_notices
from storage import imports, reconciliations
from storage.imports import Import
from storage.shops import Shop

#: a store should be asked what changed within this
OLD_QUESTION = timedelta(minutes=30)
Said = tuple[str, bool, str]

REMEDIES = {
    notices.VERSION: "this version of Regulars asks in a retired version of the API; update Regulars",
    notices.DEPRECATED: "this version of Regulars asks for what will go; update Regulars",
    notices.UNKNOWN: "an error that this version of Regulars does not know; what it was about is looked up again, update Regulars",
    notices.PARTIAL: "something could not be given; look at the app's access in the Partner Dashboard",
    notices.FULL: (
        "offers that the store refuses for that are rejected and cost nothing; delete old codes under Discounts in the "
        "store's admin, ours that nobody used go by themselves a week after their end"
    ),
}


def findings(db: Connection, shop: Shop, now: datetime) -> Iterator[Said]:
    """About, well or not, and what; in sentences with the remedy."""
    if (found := imports.get(db, shop.shop_id)) is not None:
        yield _past(shop, found)
    yield from _asked(db, shop, now)
    for one in keep_notices.of_shop(db, shop.shop_id, now=now):
        words = f"{one.words} ({one.at:%Y-%m-%d %H:%M} UTC): {REMEDIES[one.kind]}"
        yield (f"API of {shop.domain}", one.kind == notices.PARTIAL, words)


def _past(shop: Shop, found: Import) -> Said:
    about = f"history of {shop.domain}"
    if found.state == "failed":
        return (about, False, f"it could not be read. {found.trouble} regulars import {shop.domain} tries again")
    if found.is_open and found.trouble:
        return (
            about,
            False,
            f"it waits: {found.trouble}; the worker tries again, regulars import {shop.domain} at once",
        )
    told = f"{counted(found.orders_read, 'order')} read" + (" so far" if found.is_open else "")
    if found.unread:
        told += f", {found.unread} could not be understood (the log names them)"
    return (about, True, told if found.limited_to is None else f"{told}. {limit_told(found, shop.domain)}")


def _asked(db: Connection, shop: Shop, now: datetime) -> Iterator[Said]:
    known = reconciliations.get(db, shop.shop_id)
    if known is None or shop.state != "active":
        return
    about = f"orders of {shop.domain}"
    if now - known.asked_until > OLD_QUESTION:
        yield (
            about,
            False,
            f"the store was not asked since {known.asked_until:%Y-%m-%d %H:%M} UTC; is a worker running?",
        )
        return
    told = f"compared with the store up to {known.asked_until:%Y-%m-%d %H:%M} UTC"
    if known.found_at is not None:
        told += f"; {counted(known.found, 'change')} came by no delivery, the last found {known.found_at:%Y-%m-%d %H:%M} UTC"
    yield (about, True, told)
