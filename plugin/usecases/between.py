"""How long customers took from each visit of a way to the next."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from plugin.signals.paths import Path, main_products
from plugin.signals.products import Lines


def between(lines: Lines, ways: Sequence[Path]) -> list[list[float]]:
    """For each way, as ``paths`` found it in these lines, the median days of each of its steps."""
    customer, day, product = main_products(lines)
    starts = np.flatnonzero(np.append(True, customer[1:] != customer[:-1])[: customer.size])
    visits = np.diff(np.append(starts, customer.size))
    codes = {name: code for code, name in enumerate(lines.product_ids)}
    found = []
    for way in ways:
        length = len(way.products)
        places = starts[visits >= length][:, None] + np.arange(length)
        took = (product[places] == [codes[name] for name in way.products]).all(axis=1)
        found.append(np.median(np.diff(day[places[took]], axis=1), axis=0).tolist())
    return found
