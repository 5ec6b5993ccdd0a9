"""Charts as SVG made on the server: x in percent and y in pixels, so that letters keep their size at every width.

Colours come from classes, never from style attributes, which the page's policy forbids.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

HEAT_STEPS = 7
#: of a bar's place, the rest is between it and the next
BAR_SHARE = 0.84
#: between two labels one above the other, pixels
LINE_HEIGHT = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of a bar: from where, how wide, in percent of the bar."""

    start: float
    width: float
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar that stands: x and width in percent, y and height in pixels."""

    x: float
    width: float
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A text at a place on an axis, in percent; ``anchor`` is start, middle or end."""

    x: float
    text: str
    anchor: str


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


def heat(count: float, most: float) -> int:
    """How strongly a cell is coloured, 0 for none to 6 for the most, by the root, so that few are still seen."""
    if count <= 0 or most <= 0:
        return 0
    return max(1, min(HEAT_STEPS - 1, round((HEAT_STEPS - 1) * math.sqrt(count / most))))


def bars(counts: Sequence[int], *, most: int, top: int, bottom: int, part: int = 0, parts: int = 1) -> list[Bar]:
    """Standing bars side by side; the ``part``-th of ``parts`` at each place. Less than a pixel is drawn as one."""
    place = 100 / max(len(counts), 1)
    width = place * BAR_SHARE / parts
    found = []
    for number, count in enumerate(counts):
        height = (bottom - top) * count / most if most else 0.0
        height = max(height, 1.0) if count else 0.0
        x = number * place + place * (1 - BAR_SHARE) / 2 + part * width
        found.append(Bar(x=round(x, 2), width=round(width, 2), y=round(bottom - height, 1), height=round(height, 1)))
    return found


def whole_percents(shares: Sequence[float]) -> list[int]:
    """Shares of a whole as whole percents that add up to 100: those that lose most by being cut get one more."""
    found = [math.floor(100 * share) for share in shares]
    lost = sorted(range(len(shares)), key=lambda place: found[place] - 100 * shares[place])
    for place in lost[: 100 - sum(found)]:
        found[place] += 1
    return found


def line(shares: Sequence[float], *, top: int, bottom: int) -> str:
    """The points of a line through shares from 0 to 1, x from 0 to 100, y in pixels."""
    step = 100 / max(len(shares) - 1, 1)
    return " ".join(
        f"{place * step:.1f},{height(share, top=top, bottom=bottom):.1f}" for place, share in enumerate(shares)
    )


def height(share: float, *, top: int, bottom: int) -> float:
    """Where a share stands between the bottom (0) and the top (1)."""
    return round(bottom - (bottom - top) * share, 1)


def apart(heights: Sequence[float], *, top: int, bottom: int) -> list[float]:
    """Heights for labels as near to the given ones as they can be without touching each other."""
    order = sorted(range(len(heights)), key=heights.__getitem__)
    found = [0.0] * len(heights)
    least = float(top)
    for place in order:
        found[place] = least = max(heights[place], least)
        least += LINE_HEIGHT
    most = float(bottom)
    for place in reversed(order):
        found[place] = most = min(found[place], most)
        most -= LINE_HEIGHT
    return found


def mark(x: float, text: str) -> Mark:
    """A text that stays inside at both ends."""
    inside = min(max(x, 0.0), 100.0)
    anchor = "start" if inside < 8 else "end" if inside > 92 else "middle"
    return Mark(x=round(inside, 2), text=text, anchor=anchor)
