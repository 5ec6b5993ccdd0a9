"""The offers of a shop as rows for the outside."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection

from plugin.usecases.list_signals import instant_text
from storage import offers
from storage.money import to_decimal_text
from storage.offers import Offer
from storage.shops import Shop

FIELDS = (
    "offer_id", "customer_id", "kind", "step", "program_version", "state", "code", "benefit", "reserved", "cost",
    "currency", "created_at", "issued_at", "ends_at", "redeemed_at", "order_id", "reasons",
)  # fmt: skip


def rows(db: Connection, shop: Shop) -> Iterator[dict[str, Any]]:
    """One row per offer, in the order in which they were made."""
    for offer in offers.every(db, shop.shop_id):
        yield outside(offer)


def outside(offer: Offer) -> dict[str, Any]:
    """One offer as a row; money as decimal text."""
    money = {name: to_decimal_text(int(offer.benefit[name]), offer.currency) for name in ("cap", "minimum")}
    return {
        "offer_id": offer.offer_id,
        "customer_id": offer.customer_id,
        "kind": offer.kind,
        "step": offer.step,
        "program_version": offer.program_version,
        "state": offer.state,
        "code": offer.code,
        "benefit": {"type": offer.benefit["type"], "value": offer.benefit["value"], **money},
        "reserved": to_decimal_text(offer.reserved_minor, offer.currency),
        "cost": to_decimal_text(offer.cost_minor, offer.currency),
        "currency": offer.currency,
        "created_at": instant_text(offer.created_at),
        "issued_at": instant_text(offer.issued_at),
        "ends_at": instant_text(offer.ends_at),
        "redeemed_at": instant_text(offer.redeemed_at),
        "order_id": offer.order_id,
        "reasons": offer.reasons,
    }
