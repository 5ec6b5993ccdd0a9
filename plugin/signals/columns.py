"""The answer of a measurement: one position per customer in every column."""

from __future__ import annotations

from dataclasses import dataclass

from plugin.signals.arrays import Floats, Ints, Strings

#: stands for "none" in whole-number columns of instants
NO_TIME = -(2**62)


@dataclass(frozen=True, slots=True, kw_only=True)
class Signals:
    """Signals of customers with at least one valid order, as of one instant. NaN, NO_TIME or "" stand for none.

    Instants are seconds since 1970-01-01 UTC, money is minor units, chances are between 0 and 1.
    """

    customer_ids: tuple[str, ...]
    as_of: int
    order_count: Ints
    first_order_at: Ints
    last_order_at: Ints
    spend_total: Ints
    spend_365d: Ints
    recency_days: Ints
    tenure_days: Ints
    r: Ints
    f: Ints
    m: Ints
    #: Shopify's eleven names in lower snake case
    group: Strings
    #: NaN below two gaps
    median_gap_days: Floats
    #: own rhythm shrunk towards the store's; NaN only while the store has no gaps at all
    usual_gap_days: Floats
    #: lengthening, steady, shortening or ""
    gap_trend: Strings
    expected_next_order_at: Ints
    #: on_time, late, lapsing, lost or ""
    lateness: Strings
    late_at: Ints
    lapsing_at: Ints
    lost_at: Ints
    p_order_90d: Floats
    #: NaN where there is too little to say
    predicted_spend_365d: Floats
