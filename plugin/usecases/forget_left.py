"""Forgets a store that left long ago and whose request to forget it never came: after 90 days, whatever its platform.

Shopify sends that request 48 hours after an uninstall, once, and gives up when it cannot be delivered; other platforms
never do. A store that comes back meanwhile, or is just coming, keeps everything: the same statement that finds it gone
holds its row until the transaction ends.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import Connection

from plugin.usecases import erase
from storage import access

#: how long what is known of a store stays after it left; the manifest and the README name it
KEEP_LEFT = timedelta(days=90)

log = logging.getLogger("regulars.privacy")


def due(db: Connection, now: datetime) -> list[int]:
    """The stores whose time is over; read without a lock."""
    return access.left_before(db, now - KEEP_LEFT)


def forget(db: Connection, shop_id: int, *, now: datetime) -> bool:
    """Forgets one of them, unless it has come back; whether it did. Call ``storage.erasure.scrub`` after the commit."""
    if not access.hold_left(db, shop_id, now - KEEP_LEFT, now=now):
        return False
    erase.shop(db, shop_id)
    log.info("shop %d left %d days ago and never asked to be forgotten; it is now", shop_id, KEEP_LEFT.days)
    return True
