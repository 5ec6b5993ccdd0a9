"""How a measured share is written, on the pages and in reports: one precision, so that a column of them can be compared.

What a merchant chose, and what is drawn (cells of colour, ends of curves), is told in whole percent instead.
"""

from __future__ import annotations

from typing import Any

from babel import numbers

#: a nought after the point stays: 65.0% stands below 63.1%
PATTERN = "#,##0.0%"


def written(value: float, locale: Any) -> str:
    """A share from 0 to 1 with one digit after the point: 12.3%, 65.0%."""
    return str(numbers.format_percent(value, format=PATTERN, locale=locale))
