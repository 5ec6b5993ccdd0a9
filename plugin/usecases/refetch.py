"""Reads an order again from the store where a delivery told only its number."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from plugin.platforms.protocol import FetchedOrder
from plugin.usecases import absorb
from plugin.usecases.make_offers import Issuer
from plugin.vault import Vault
from storage import erasure, orders


def keep(db: Connection, shop_id: int, fetched: FetchedOrder, *, now: datetime, vault: Vault, issuer: Issuer) -> None:
    """Records an order that was read from the store, unless its customer was erased, and does what follows from it."""
    who = fetched.order.customer_id
    if who is not None and erasure.erased(db, shop_id, absorb.fingerprints(vault)(shop_id, who)):
        return
    touched = orders.record_many(db, shop_id, [fetched.order], fetched.refunds)
    absorb.follow_up(db, shop_id, touched, [fetched.order.order_id], now=now, issuer=issuer)
