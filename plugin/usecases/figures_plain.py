"""Numbers as the documents of figures hold them."""

from __future__ import annotations

import math

DIGITS = 5


def number(value: float) -> float | None:
    """Rounded; None for what cannot be said."""
    return None if math.isnan(value) else round(value, DIGITS)
