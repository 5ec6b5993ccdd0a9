"""The moment at which a customer's silence becomes a reason to write."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.rewards.decision import Standing
from plugin.rewards.program import Timing

#: a hundred years: a rhythm beyond it is none, and dates beyond it do not exist
LONGEST_DAYS = 36_525.0
#: a quantile of few gaps may be anything; a fortnight's silence is none, and after a year it is no longer news
SHORTEST_QUANTILE, LONGEST_QUANTILE = 14.0, 365.0


def silence_moment(standing: Standing, timing: Timing) -> datetime | None:
    """When the win-back ladder may start in this silence; None while the store has no rhythm to compare with.

    ``recommended``: when the customer is late for the own rhythm (``late_at`` of the measures). ``days``: that many
    days after the last order. ``gap_multiple``: the usual gap times the multiple after the last order. ``quantile``:
    when the given share of the store's customers with as many orders has come back, 14 to 365 days after the last order.
    """
    if timing.rule == "recommended":
        return standing.late_at
    if timing.rule == "days":
        return standing.last_order_at + timedelta(days=timing.days)
    if timing.rule == "quantile":
        if standing.quantile_days is None:
            return None
        days = min(max(standing.quantile_days, SHORTEST_QUANTILE), LONGEST_QUANTILE)
        return standing.last_order_at + timedelta(days=days)
    if standing.usual_gap_days is None:
        return None
    days = min(standing.usual_gap_days * timing.gap_multiple_tenths / 10, LONGEST_DAYS)
    return standing.last_order_at + timedelta(days=days)
