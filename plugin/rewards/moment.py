"""The moment at which a customer's silence becomes a reason to write."""

from __future__ import annotations

from datetime import datetime, timedelta

from plugin.rewards.decision import Standing
from plugin.rewards.program import Timing

#: a hundred years: a rhythm beyond it is none, and dates beyond it do not exist
LONGEST_DAYS = 36_525.0


def silence_moment(standing: Standing, timing: Timing) -> datetime | None:
    """When the win-back ladder may start in this silence; None while the store has no rhythm to compare with.

    ``recommended``: when the customer is late for the own rhythm (``late_at`` of the measures). ``days``: that many
    days after the last order. ``gap_multiple``: the usual gap times the multiple after the last order.
    """
    if timing.rule == "recommended":
        return standing.late_at
    if timing.rule == "days":
        return standing.last_order_at + timedelta(days=timing.days)
    if standing.usual_gap_days is None:
        return None
    days = min(standing.usual_gap_days * timing.gap_multiple_tenths / 10, LONGEST_DAYS)
    return standing.last_order_at + timedelta(days=days)
