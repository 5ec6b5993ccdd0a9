"""Charts as SVG made on the server: x in percent and y in pixels, so that letters keep their size at every width.

Colours come from classes, never from style attributes, which the page's policy forbids.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HEAT_STEPS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of a bar: from where, how wide, in percent of the bar."""

    start: float
    width: float
    name: str


def slices(counts: Sequence[tuple[str, int]]) -> list[Slice]:
    """The parts of one whole bar, in the given order; nothing for a whole of 0."""
    whole = sum(count for _, count in counts)
    found, start = [], 0.0
    for name, count in counts:
        width = 100 * count / whole if whole else 0.0
        if count:
            found.append(Slice(start=round(start, 3), width=round(width, 3), name=name))
        start += width
    return found


def heat(count: int, most: int) -> int:
    """How strongly a cell is coloured, 0 for none to 6 for the most, by the root, so that few are still seen."""
    if count <= 0 or most <= 0:
        return 0
    return max(1, min(HEAT_STEPS - 1, round((HEAT_STEPS - 1) * math.sqrt(count / most))))
