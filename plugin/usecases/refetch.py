"""Reads an order again from the store where a delivery told only its number."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from plugin.platforms.protocol import FetchedOrder
from plugin.usecases import take_in
from plugin.usecases.make_offers import Issuer
from plugin.vault import Vault
from webhooks.facts import Facts

#: how often an order is asked for that the store hinted at and does not have: it may not have it for good yet
TRIES_FOR_A_HINT = 4


def keep(db: Connection, shop_id: int, fetched: FetchedOrder, *, now: datetime, vault: Vault, issuer: Issuer) -> None:
    """Records an order that was read from the store, unless its customer was erased, and does what follows from it."""
    told = Facts(orders=(fetched.order,), refunds=fetched.refunds, customers=fetched.customers, merges=fetched.merges)
    take_in.facts(db, shop_id, [told], now=now, vault=vault, issuer=issuer)
