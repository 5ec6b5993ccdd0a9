"""Switches codes off in the store whose reason is gone: the customer was erased, the code was used twice."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from plugin.platforms.protocol import Platform
from plugin.usecases.spec import end_code, is_pool
from storage import outbox
from storage.offers import Offer

SWITCH_OFF = "switch_off"


def later(db: Connection, offer: Offer, *, key: str, now: datetime) -> bool:
    """Writes down that an offer's code is to be switched off, once for each ``key``; whether that is new."""
    payload = {"code": offer.code, "until": offer.ends_at.isoformat()}
    return outbox.put(db, offer.shop_id, key=key, kind=SWITCH_OFF, payload=payload, now=now)


def code(platform: Platform, name: str) -> bool:
    """Makes sure that a code is not live. Raises PlatformError where the store could not be asked; ask again then.

    A code that the store does not know yet may still land from a request in flight, so not found is not an end:
    the answer is False, and the caller looks again later.
    """
    found = platform.find_discount(name)
    if found is None:
        return False
    if found.live:
        end_code(platform, found, name)
    # one of many is taken out a while later: it is looked for again
    return not (found.live and is_pool(found))
