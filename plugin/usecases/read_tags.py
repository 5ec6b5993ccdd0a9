"""The tags of a customer as the store tells them when it is asked."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from plugin.usecases import absorb, make_offers
from plugin.usecases.make_offers import Issuer
from plugin.vault import Vault
from storage import customers, erasure, shops
from storage.outbox import OutboxRow


def prepare(db: Connection, row: OutboxRow, *, now: datetime) -> Mapping[str, Any]:
    """Whom to ask about, and since when the answer counts: a clock that is behind does not make it an old one."""
    customer_id = str(row.payload["customer_id"])
    asked_at = customers.tags_asked_at(db, row.shop_id, customer_id) or now
    return {"customer_id": customer_id, "asked_at": max(now, asked_at)}


def keep(
    db: Connection,
    shop_id: int,
    asked: Mapping[str, Any],
    tags: Collection[str] | None,
    *,
    now: datetime,
    vault: Vault,
    issuer: Issuer,
) -> None:
    """Keeps what the store told, unless the customer was erased, and decides again. None: there is no such customer."""
    who = str(asked["customer_id"])
    if erasure.erased(db, shop_id, absorb.fingerprints(vault)(shop_id, who)):
        return
    if customers.keep_tags(db, shop_id, who, sorted(tags or ()), asked_at=asked["asked_at"]):
        make_offers.for_customers(db, shops.get(db, shop_id), [who], as_of=now, issuer=issuer)
