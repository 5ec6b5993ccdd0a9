"""The discount that an offer asks the store for."""

from __future__ import annotations

from plugin.platforms.protocol import DiscountSpec
from plugin.rewards import benefit
from storage.offers import Offer


def spec_of(offer: Offer) -> DiscountSpec:
    """The same for the same offer, whenever it is asked; so a lost answer can be asked for again."""
    gives = benefit.from_plain(offer.benefit)
    return DiscountSpec(
        code=offer.code or "",
        title=f"Regulars {offer.kind.replace('_', '-')} {offer.code}",
        tag=offer.offer_id,
        customer_id=offer.customer_id,
        type=gives.type,
        percent=gives.value if gives.type == "percent" else 0,
        amount=gives.value if gives.type == "fixed" else gives.cap,
        minimum=gives.minimum,
        currency=offer.currency,
        starts_at=offer.starts_at,
        ends_at=offer.ends_at,
        products=gives.products,
        collections=gives.collections,
        combines=gives.combines,
    )
