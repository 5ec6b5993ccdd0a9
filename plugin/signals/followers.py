"""What follows what: product on a visit, product on the same customer's next one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from plugin.signals.arrays import Ints
from plugin.signals.products import Lines, once_a_day

#: pairs of lines in memory; a pair of visits of more lines is taken whole
AT_ONCE = 2_000_000


def followers(lines: Lines, *, most: int = 20, at_once: int = AT_ONCE) -> list[tuple[str, str, int, float]]:
    """Product, product on the same customer's next visit, how often, days between (median); the most frequent first.

    Every product of a visit leads to every product of the next one; at most about ``at_once`` such pairs are in memory.
    """
    product, customer, day = once_a_day(lines)
    if not product.size:
        return []
    order = np.lexsort((product, day, customer))
    product, customer, day = product[order], customer[order], day[order]
    kinds = len(lines.product_ids)
    keys, counts = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for here, there in _next_visits(customer, day, at_once):
        keys, counts = _added(keys, counts, product[here] * kinds + product[there])
    names = lines.product_ids
    if counts.size > most:
        enough = counts >= np.partition(counts, counts.size - most)[counts.size - most]
        keys, counts = keys[enough], counts[enough]
    pairs = [
        (names[key // kinds], names[key % kinds], -count, key)
        for key, count in zip(keys.tolist(), counts.tolist(), strict=True)
    ]
    shown = sorted(pairs, key=lambda pair: (pair[2], pair[0], pair[1]))[:most]
    days = _days_of(
        _next_visits(customer, day, at_once),
        product,
        day,
        kinds=kinds,
        keys=np.array(sorted(pair[3] for pair in shown), np.int64),
    )
    return [(one, other, -count, float(np.median(days[key]))) for one, other, count, key in shown]


def _next_visits(customer: Ints, day: Ints, at_once: int) -> Iterator[tuple[Ints, Ints]]:
    """Places of lines (by customer and day) with those of the same customer's next visit, each with each, in portions."""
    starts = np.flatnonzero(np.append(True, (customer[1:] != customer[:-1]) | (day[1:] != day[:-1])))
    sizes = np.diff(np.append(starts, day.size))
    follows = np.append(customer[starts[1:]] == customer[starts[:-1]], False)
    leads = sizes * np.where(follows, np.append(sizes[1:], 0), 0)
    portion = np.cumsum(leads) // at_once
    for number in np.unique(portion[leads > 0]).tolist():
        visits = np.flatnonzero((portion == number) & (leads > 0))
        rows = _ranges(starts[visits], sizes[visits])
        width = np.repeat(sizes[visits + 1], sizes[visits])
        first = np.repeat(starts[visits + 1], sizes[visits])
        yield np.repeat(rows, width), _ranges(first, width)


def _ranges(starts: Ints, sizes: Ints) -> Ints:
    """From each start so many numbers, one after the other."""
    before = np.cumsum(sizes) - sizes
    numbers: Ints = np.arange(int(sizes.sum())) + np.repeat(starts - before, sizes)
    return numbers


def _added(keys: Ints, counts: Ints, more: Ints) -> tuple[Ints, Ints]:
    """Counts by key, ascending, with as many more."""
    every = np.concatenate((keys, more))
    weight = np.concatenate((counts, np.ones(more.size, np.int64)))
    order = np.argsort(every, kind="stable")
    every, weight = every[order], weight[order]
    first = np.flatnonzero(np.append(True, every[1:] != every[:-1])[: every.size])
    return every[first], np.add.reduceat(weight, first) if first.size else weight


def _days_of(
    parts: Iterable[tuple[Ints, Ints]], product: Ints, day: Ints, *, kinds: int, keys: Ints
) -> dict[int, Ints]:
    """The days between, of each of these pairs of products."""
    found: dict[int, list[Ints]] = {key: [] for key in keys.tolist()}
    for here, there in parts:
        both = product[here] * kinds + product[there]
        for key, days in found.items():
            mine = both == key
            days.append(day[there[mine]] - day[here[mine]])
    return {key: np.concatenate(days) for key, days in found.items()}
