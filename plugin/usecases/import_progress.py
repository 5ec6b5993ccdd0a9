"""How far reading a shop's past orders has come, for the page that is open meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from storage import figures

NAME = "import"
#: an import that has said nothing for so long was stopped; who goes on says so with the next step
SILENT_AFTER = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """Orders read so far, and how many there are; 0 where the store does not say."""

    read: int
    of: int


def tell(db: Connection, shop_id: int, *, read: int, of: int, now: datetime) -> None:
    """Says how far an import has come."""
    figures.keep(db, shop_id, NAME, {"read": read, "of": of, "done": False}, now)


def end(db: Connection, shop_id: int, *, now: datetime) -> None:
    """Says that everything is read."""
    figures.keep(db, shop_id, NAME, {"done": True}, now)


def progress(db: Connection, shop_id: int, *, now: datetime) -> Progress | None:
    """How far the import under way has come; None where none is."""
    kept = figures.get(db, shop_id, NAME)
    if kept is None or kept.body["done"] or now - kept.as_of > SILENT_AFTER:
        return None
    return Progress(read=kept.body["read"], of=kept.body["of"])
