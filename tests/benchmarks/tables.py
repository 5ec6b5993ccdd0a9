"""Figures as people read them: aligned columns, medians, ratios with their spread."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import starmap
from statistics import median


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Columns as wide as their widest entry; the first to the left, numbers to the right."""
    widths = [max(len(row[column]) for row in (headings, *rows)) for column in range(len(headings))]
    lines = [headings, ["-" * width for width in widths], *rows]
    return "\n".join("  ".join(starmap(_aligned, zip(range(len(widths)), line, widths, strict=True))) for line in lines)


def number(values: Sequence[float], *, digits: int = 0) -> str:
    """The median, or a dash of nothing."""
    return f"{median(values):,.{digits}f}" if values else "–"


def ratio(above: Sequence[float], below: Sequence[float]) -> str:
    """The median of the ratios of each round, and the smallest and largest: ``0.56 (0.52–0.59)``."""
    each = [top / bottom for top, bottom in zip(above, below, strict=False) if bottom]
    return f"{median(each):.2f} ({min(each):.2f}–{max(each):.2f})" if each else "–"


def show(text: str) -> None:
    """Prints a result, at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def say(text: str) -> None:
    """Prints how far it is, beside the results."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


def _aligned(column: int, text: str, width: int) -> str:
    return text.ljust(width) if column == 0 else text.rjust(width)
