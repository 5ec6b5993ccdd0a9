"""What an offer can cost at most: the money that is set aside for it."""

from __future__ import annotations


def worst_case(*, percent: int, order_guard: int) -> int:
    """``percent`` of the largest order reckoned with (minor units), rounded up to the minor unit."""
    return -(-percent * order_guard // 100)
