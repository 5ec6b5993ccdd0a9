"""The purchases of one shop as columns: the only input of every measure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Strings = NDArray[np.str_]


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseHistory:
    """Valid orders, one position per order in all columns but ``customer_ids``, sorted by (customer, at).

    Valid means: not a test, not cancelled, not unpaid, and something is left of it after refunds.
    """

    #: the platform's ids; position = the code used in ``customer``; ascending
    customer_ids: tuple[str, ...]
    #: position in ``customer_ids``
    customer: Ints
    #: seconds since 1970-01-01 UTC
    at: Ints
    #: days since 1970-01-01 in the shop's time zone
    day: Ints
    #: minor units of the shop's currency, net of refunds, > 0
    value: Ints
