"""What is bought again and after how long; traits of those who left."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Bools, Ints

#: repeat gaps below which a product's interval is not told
FEWEST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Lines:
    """Bought products, one position per line of a valid order, in any order."""

    #: position = the code used in ``product``
    product_ids: tuple[str, ...]
    product: Ints
    #: position among the customers
    customer: Ints
    #: days since 1970-01-01 in the shop's time zone
    day: Ints
    #: what was paid for the line, minor units; None where it is not known
    value: Ints | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Replenishment:
    """How long a product lasts: days between two purchases of it by the same customer."""

    product_id: str
    gaps: int
    quartiles: tuple[float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """A trait among those who left against those who stayed; ``lift`` above 1: more common among those who left."""

    name: str
    left: int
    stayed: int
    lift: float


def replenishment(lines: Lines) -> list[Replenishment]:
    """The products with at least ``FEWEST`` repeat gaps, the most bought again first; lines of one day count once."""
    product, customer, day = once_a_day(lines)
    same = (product[1:] == product[:-1]) & (customer[1:] == customer[:-1])
    owner, gaps = product[1:][same], np.diff(day)[same]
    counts = np.bincount(owner, minlength=len(lines.product_ids))
    told = np.flatnonzero(counts >= FEWEST)
    found = [
        Replenishment(
            product_id=lines.product_ids[code], gaps=int(counts[code]),
            quartiles=tuple(np.percentile(gaps[owner == code], (25, 50, 75)).tolist()),
        )
        for code in told.tolist()
    ]  # fmt: skip
    return sorted(found, key=lambda one: (-one.gaps, one.product_id))


def lifts(names: tuple[str, ...], trait: Ints, left: Bools) -> list[Lift]:
    """For each trait (first product, channel, country …) its share among those who left over that among who stayed.

    ``trait`` is one code per customer; half a customer is added to either side, so that rare traits stay moderate.
    """
    gone = np.bincount(trait[left], minlength=len(names))
    here = np.bincount(trait[~left], minlength=len(names))
    ratio = ((gone + 0.5) / (gone.sum() + 0.5 * len(names))) / ((here + 0.5) / (here.sum() + 0.5 * len(names)))
    found = [
        Lift(name=name, left=lost, stayed=kept, lift=lift)
        for name, lost, kept, lift in zip(names, gone.tolist(), here.tolist(), ratio.tolist(), strict=True)
        if lost + kept > 0
    ]
    return sorted(found, key=lambda one: (-one.lift, one.name))


def once_a_day(lines: Lines) -> tuple[Ints, Ints, Ints]:
    """Product, customer and day of the distinct purchases, sorted in that order."""
    order = np.lexsort((lines.day, lines.customer, lines.product))
    product, customer, day = lines.product[order], lines.customer[order], lines.day[order]
    again = (product[1:] == product[:-1]) & (customer[1:] == customer[:-1]) & (day[1:] == day[:-1])
    kept = np.append(True, ~again)[: product.size]
    return product[kept], customer[kept], day[kept]
