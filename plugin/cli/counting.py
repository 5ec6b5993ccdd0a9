"""A number and what it counts, in words that fit."""

from __future__ import annotations


def counted(number: float, one: str, many: str | None = None) -> str:
    """1 order, 1,234 orders. ``many`` is said where it is not ``one`` with an s; what follows the noun may stand in both."""
    return f"{number:,.0f} {one if round(number) == 1 else many or f'{one}s'}"
