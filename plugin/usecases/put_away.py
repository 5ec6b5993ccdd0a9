"""The merchant has seen the set-up card and puts it away; kept for the shop, whoever opens its pages."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from storage import figures

NAME = "set-up"


def put_away(db: Connection, shop_id: int, *, now: datetime) -> None:
    """Puts the card away for good."""
    figures.keep(db, shop_id, NAME, {"away": True}, now)


def is_away(db: Connection, shop_id: int) -> bool:
    """Whether somebody has."""
    kept = figures.get(db, shop_id, NAME)
    return kept is not None and bool(kept.body.get("away"))
