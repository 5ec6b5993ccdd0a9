"""Forgets a whole shop when the store asks for it, but not one that has come back meanwhile.

The request is sent 48 hours after an uninstall. Its topic and its time are not signed, and a copy of it may be sent
again at any time. So only a shop that is known to have left is forgotten at once. One that seems to be connected is
asked: the token of an uninstalled app is dead; a store that answers has come back, and what it has stays.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.platforms.protocol import Platform, PlatformError, Unauthorized
from plugin.usecases import erase, freeze, keep_currency, put_off
from storage import outbox, shops
from storage.outbox import OutboxRow

CHECK = "redact_shop"
#: so long after an uninstall the request comes at the earliest
AFTER_UNINSTALL = timedelta(hours=48)
#: what the command line keeps beside a pause that was asked for
ON_REQUEST = "paused by hand"

log = logging.getLogger("regulars.privacy")


def asked(db: Connection, shop_id: int, *, asked_at: datetime, now: datetime) -> bool:
    """Forgets the shop, or writes down that the store is to be asked first; whether it was forgotten."""
    shop = shops.get(db, shop_id)
    if shop.state == "uninstalled":
        # a request from before the last installation was about one before it
        gone = shop.installed_at <= asked_at
    elif (shop.granted_at or shop.installed_at) + AFTER_UNINSTALL > asked_at:
        log.info("shop %d was installed again, a request to forget it is not about that", shop_id)
        gone = False
    else:
        # a store that lets us in no longer has left without our hearing of it
        gone = shop.access_lost_at is not None or (
            shop.state == "paused"
            and shop.trouble not in {None, "", ON_REQUEST}
            and not (shop.trouble or "").startswith((freeze.BEGINS, keep_currency.BEGINS))
        )
        if not gone:
            key = f"redact/{shop.generation}/{asked_at.isoformat()}"
            outbox.put(db, shop_id, key=key, kind=CHECK, payload={"generation": shop.generation}, now=now)
    if gone:
        erase.shop(db, shop_id)
    return gone


def ask(platform: Platform, _asked: object) -> bool:
    """Whether the store has us installed still. Raises PlatformError where that cannot be told."""
    try:
        platform.store_info()
    except Unauthorized:
        return False
    return True


def conclude(db: Connection, row: OutboxRow, answer: bool | PlatformError, *, now: datetime) -> bool:
    """Forgets a shop that has left; whether it did. Call ``storage.erasure.scrub`` after the commit, then."""
    if isinstance(answer, Unauthorized):
        answer = False
    if isinstance(answer, PlatformError):
        put_off.call(db, row, answer, now=now)
        return False
    if not outbox.done(db, row, now):
        return False
    if answer or shops.get(db, row.shop_id).generation != row.payload["generation"]:
        log.warning("shop %d is connected; the request to forget it was not followed", row.shop_id)
        return False
    erase.shop(db, row.shop_id)
    return True
