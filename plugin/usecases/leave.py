"""A store says that it has removed the plugin. Nobody's word is taken for it: headers are not signed, and news can be late."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from storage import access, outbox, shops


def heard(db: Connection, shop_id: int, at: datetime, *, now: datetime) -> bool:
    """Writes down that it said so, to be proved by asking its API; False for news from before it let us in last."""
    return access.told_left(db, shop_id, at, now=now)


def believe(db: Connection, shop_id: int, at: datetime, *, now: datetime) -> bool:
    """Ends the connection and all calls that wait; False where the store has let us in again since ``at``."""
    gone = shops.uninstall(db, shop_id, at)
    if gone:
        outbox.give_up_all(db, shop_id, "the app was uninstalled", now)
    else:
        access.stayed(db, shop_id)
    return gone
