"""How much a merchant can give before an order brings too little: from the margin and what must be left of it."""

from __future__ import annotations

from plugin.rewards.parts import Limits

WHOLE = 100


def most_percent(limits: Limits) -> int:
    """The largest whole percentage off that leaves the floor; 100 where no margin is known.

    With margin m and floor f, as shares, a discount d leaves (m - d) / (1 - d) of the price paid; that is at least f
    as long as d <= (m - f) / (1 - f).
    """
    if not limits.margin_percent:
        return WHOLE
    return WHOLE * (limits.margin_percent - limits.margin_floor_percent) // (WHOLE - limits.margin_floor_percent)


def single_limit(limits: Limits) -> int:
    """The highest percentage of an order that one offer may take off it."""
    return min(limits.highest_percent, most_percent(limits))


def leaves_enough(cost: int, limits: Limits) -> bool:
    """Whether a benefit that costs so much beside the price (shipping, a gift) leaves the floor of the smallest order."""
    if not limits.margin_percent:
        return True
    # what must be left is a share of the price, which such a benefit does not lower
    return cost * WHOLE <= (limits.margin_percent - limits.margin_floor_percent) * limits.min_order
