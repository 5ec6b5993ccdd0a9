"""The ways customers take: main product after main product, and from order to order until most have dropped off."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Ints
from plugin.signals.products import Lines


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """The main products of the first visits, in their order."""

    products: tuple[str, ...]
    customers: int
    #: days from the first of these visits to the last, median
    days: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rung:
    """A step of the funnel: customers with at least so many visits."""

    visit: int
    customers: int
    #: of those of the step before; NaN on the first
    kept: float


def main_products(lines: Lines) -> tuple[Ints, Ints, Ints]:
    """Customer, day and product of each visit, by customer and day: the product most was paid for, ties by its code."""
    value = np.zeros(lines.product.size, np.int64) if lines.value is None else lines.value
    order = np.lexsort((lines.product, -value, lines.day, lines.customer))
    customer, day, product = lines.customer[order], lines.day[order], lines.product[order]
    first = np.append(True, (customer[1:] != customer[:-1]) | (day[1:] != day[:-1]))[: customer.size]
    return customer[first], day[first], product[first]


def paths(lines: Lines, *, length: int, most: int = 10) -> list[Path]:
    """The most frequent ways through the first ``length`` visits, of the customers who made as many."""
    customer, day, product = main_products(lines)
    starts = np.flatnonzero(np.append(True, customer[1:] != customer[:-1])[: customer.size])
    counts = np.diff(np.append(starts, customer.size))
    begin = starts[counts >= length]
    if not begin.size:
        return []
    rows = product[begin[:, None] + np.arange(length)]
    took = day[begin + length - 1] - day[begin]
    ways, which, number = np.unique(rows, axis=0, return_inverse=True, return_counts=True)
    ranked = np.lexsort((*ways.T[::-1], -number))[:most]
    return [
        Path(
            products=tuple(lines.product_ids[code] for code in ways[way].tolist()), customers=int(number[way]),
            days=float(np.median(took[which.ravel() == way])),
        )
        for way in ranked.tolist()
    ]  # fmt: skip


def funnel(visit_counts: Ints, *, most: int = 10) -> list[Rung]:
    """How many made a first visit, a second, … and which share of the step before; it ends where nobody is left."""
    found: list[Rung] = []
    for visit in range(1, most + 1):
        customers = int(np.count_nonzero(visit_counts >= visit))
        if not customers:
            break
        before = found[-1].customers if found else 0
        found.append(Rung(visit=visit, customers=customers, kept=customers / before if before else float("nan")))
    return found
