"""Amounts that a person would have chosen: 185.00 instead of 187.34."""

from __future__ import annotations

from collections.abc import Sequence

from storage.money import exponent


def friendly(minor: int, currency: str) -> int:
    """The nearest friendly amount (minor units); halves go up."""
    unit = _unit(minor, currency)
    return (minor + unit // 2) // unit * unit


def friendly_up(minor: int, currency: str) -> int:
    """The least friendly amount that is not below ``minor``."""
    unit = _unit(minor, currency)
    return -(-minor // unit) * unit


def quantile(ascending: Sequence[int], percent: int) -> int:
    """The smallest value that at least ``percent`` in a hundred of the values do not exceed (nearest rank)."""
    rank = -(-percent * len(ascending) // 100)
    return ascending[max(rank, 1) - 1]


def _unit(minor: int, currency: str) -> int:
    """What to round to: whole units of the currency, fives of them from 20 on, then fives in the third digit."""
    whole = int(10 ** exponent(currency))
    least = 5 * whole if minor >= 20 * whole else whole
    return max(least, int(5 * 10 ** max(len(str(minor)) - 3, 0)))
