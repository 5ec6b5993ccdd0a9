"""What customers did in a fixed time after an instant of their own, and what was known of them before it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Floats, Ints
from plugin.signals.days import DAY
from plugin.signals.history import PurchaseHistory

YEAR = 365 * DAY
#: spends above this share of customers' count as that of the customer there, as a covariate only
CAPPED_AT = 0.99


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One position per customer asked for. Money in minor units."""

    #: orders and their net value after the instant, within the time
    orders: Ints
    revenue: Ints
    #: shape (customers, 3): spend of the 365 days before (capped), log of orders before, log of days since the last
    before: Floats


def follow(history: PurchaseHistory, customer_ids: Sequence[str], at: Ints, *, days: int) -> Followed:
    """Follows each customer from ``at`` (seconds UTC, that instant excluded) for ``days`` days (the last included).

    A customer may be asked for more than once; one without an order did nothing.
    """
    places = {customer_id: place for place, customer_id in enumerate(history.customer_ids)}
    who = np.fromiter((places.get(one, -1) for one in customer_ids), np.int64, len(customer_ids))
    worth = np.concatenate((np.zeros(1, np.int64), np.cumsum(history.value)))
    first = np.searchsorted(history.customer, who)
    begin, end, year = _places(history, who, first, moments=(at, at + days * DAY, at - YEAR))
    spend = (worth[begin] - worth[year]).astype(np.float64)
    earlier = begin - first
    last = np.where(earlier > 0, history.at[np.maximum(begin - 1, 0)] if history.at.size else 0, at - YEAR)
    cap = np.quantile(spend, CAPPED_AT) if spend.size else 0.0
    known = (np.minimum(spend, cap), np.log1p(earlier), np.log1p(np.maximum(at - last, 0) / DAY))
    return Followed(orders=end - begin, revenue=worth[end] - worth[begin], before=np.stack(known, axis=1))


def _places(history: PurchaseHistory, who: Ints, first: Ints, *, moments: Sequence[Ints]) -> list[Ints]:
    """How many orders come up to each customer's moment, those of the customers before counted; ``first`` for nobody."""
    oldest, newest = (int(history.at.min()), int(history.at.max())) if history.at.size else (0, 0)
    # one number for customer and instant, however long ago the oldest order is
    bits = (newest - oldest + 2).bit_length()
    keys = (history.customer << bits) + (history.at - oldest)
    return [
        np.where(who < 0, first, np.searchsorted(keys, (who << bits) + since, side="right"))
        for since in (np.clip(moment - oldest, -1, newest - oldest) for moment in moments)
    ]
