"""The discount that an offer asks the store for, and whether one that the store has is that.

Some rules have one discount for each benefit and end hold the codes of many offers (a pool). Such a discount bears the
pool's tag instead of the offer's, and one of its codes goes without the others.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from plugin.platforms.in_store import side
from plugin.platforms.protocol import DiscountSpec, Platform, StoredDiscount
from plugin.rewards import benefit
from plugin.rewards.wording import gives_text
from storage.columns import to_text
from storage.offers import Offer

#: how the tags of pools begin; no offer's id has a hyphen
POOL = "pool-"
#: in an offer's benefit: its code lies in a pool
POOLED = "pooled"
#: Shopify takes no longer title
LONGEST_TITLE = 255
DAY = timedelta(days=1)


def spec_of(offer: Offer) -> DiscountSpec:
    """The same for the same offer, whenever it is asked; so a lost answer can be asked for again."""
    gives = benefit.from_plain(offer.benefit)
    return DiscountSpec(
        code=offer.code or "",
        title=title_of(offer),
        tag=tag_of(offer),
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
        pool=pooled(offer),
    )


def title_of(offer: Offer) -> str:
    """What the merchant reads in the store's list: that it is ours, for what, which tier or step, and what it gives.

    Nothing of the customer stands in it, and nothing is looked up by it, so an older program's title does as well.
    """
    gives = gives_text(benefit.from_plain(offer.benefit), offer.currency)
    if pooled(offer):
        return f"Regulars codes until {offer.ends_at:%Y-%m-%d}: {gives}"
    step = offer.step.replace("_", " ")
    return f"Regulars {offer.kind.replace('_', '-')} {offer.code}: {step}, {gives}"[:LONGEST_TITLE]


def pooled(offer: Offer) -> bool:
    """Whether the offer's code lies in a discount with those of others."""
    return bool(offer.benefit.get(POOLED))


def tag_of(offer: Offer) -> str:
    """The tag that the offer's discount bears in the store: the offer's id, or what all of its pool have in common."""
    if not pooled(offer):
        return offer.offer_id
    what = to_text([offer.benefit, offer.currency, offer.ends_at.isoformat()])
    return POOL + hashlib.sha256(what.encode()).hexdigest()[:24]


def is_ours(offer: Offer, found: StoredDiscount) -> bool:
    """Whether this discount of the store is the one of the offer."""
    return tag_of(offer) in found.tags


def is_pool(found: StoredDiscount) -> bool:
    """Whether the discount holds the codes of many."""
    return any(tag.startswith(POOL) for tag in found.tags)


def end_of_pool(moment: datetime) -> datetime:
    """The end that a pooled offer has in common with the others of its day: the next midnight in UTC."""
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight if midnight == moment else midnight + DAY


def end_code(platform: Platform, found: StoredDiscount, code: str) -> None:
    """Has a code end: its discount is switched off, or one of many is taken out, which is done a while later."""
    if is_pool(found):
        side(platform).remove_code(code)
    else:
        platform.deactivate_discount(found.ref)
