"""Which scopes a store grants, asked anew when it said that they changed; a past that was hidden for want of one is read."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection

from plugin.platforms.protocol import Platform
from plugin.usecases import import_history
from storage import access, imports, outbox, shops
from storage.outbox import OutboxRow


def ask(platform: Platform, _asked: object) -> tuple[str, ...]:
    """The scopes that the store grants now. Raises PlatformError where that cannot be told."""
    return platform.store_info().scopes


def conclude(db: Connection, row: OutboxRow, _asked: object, granted: Collection[str], *, now: datetime) -> None:
    """Keeps them; where the whole past may be read now and was not, it is asked for."""
    if not outbox.done(db, row, now):
        return
    access.rescope(db, row.shop_id, " ".join(granted))
    known = imports.get(db, row.shop_id)
    if import_history.ALL_ORDERS in granted and known is not None and known.limited_to is not None:
        # with an end it is another question: an operation that was begun before the grant is not taken up for it
        import_history.ask(db, shops.get(db, row.shop_id), now=now, until=now)
