"""A store says that it lets us do other things than before: it is to be asked which."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from storage import outbox

READ_SCOPES = "read_scopes"


def changed(db: Connection, shop_id: int, *, now: datetime) -> None:
    """Writes down that the store is to be asked, once more for each time that it said so."""
    outbox.forget(db, shop_id, READ_SCOPES, before=now)
    outbox.put(db, shop_id, key=f"scopes/{now.isoformat()}", kind=READ_SCOPES, payload={}, now=now)
