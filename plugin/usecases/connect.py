"""A Magento store is connected: awaited first, where it has to say hello, and then known with its views. No network."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection as Db

from plugin.platforms.protocol import StoreInfo
from plugin.usecases import install
from storage import access, connections
from storage.connections import Connection
from storage.shops import Shop

PLATFORM = "magento"


def way(db: Db, shop_id: int) -> Connection | None:
    """The way to the store that there is already; its id and what is sealed of it are kept for ever."""
    return connections.get(db, shop_id)


def shop_of(db: Db, *, domain: str, now: datetime) -> int:
    """The number of a store that is about to be connected; it may be new, connected, or gone."""
    return access.expect(db, platform=PLATFORM, domain=domain, now=now)


def done(
    db: Db, shop_id: int, *, domain: str, info: StoreInfo, sealed: bytes, views: Mapping[int, int], now: datetime
) -> Shop:
    """The store has let us in: it is served, and asked what is new from now on.

    What was asked before goes on where it was, so that nothing of the time between is missing.
    """
    shop = install.begin(db, platform=PLATFORM, domain=domain, info=info, sealed=sealed, now=now)
    access.regain(db, shop_id)
    connections.connect(db, shop_id, views={str(view): website for view, website in views.items()}, poll_at=now)
    return shop
