"""Valid orders as columns: customer by customer, each one's in the order in which they were placed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Ints
from plugin.signals.days import local_days
from plugin.signals.history import MICROS, PurchaseHistory

#: customer, order, instant in microseconds since 1970, net in minor units
Row = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """One position per order, sorted by customer, instant and order id."""

    #: customers who have an order, ascending
    ids: Sequence[str]
    #: positions in ``ids``
    customer: Ints
    #: microseconds since 1970
    at: Ints
    #: minor units
    net: Ints
    order_ids: Sequence[str]

    def rows(self, which: Collection[str]) -> Iterable[Row]:
        """The orders of some customers."""
        codes = [code for code, customer_id in enumerate(self.ids) if customer_id in which]
        for place in np.flatnonzero(np.isin(self.customer, codes)).tolist():
            yield self.ids[self.customer[place]], self.order_ids[place], int(self.at[place]), int(self.net[place])

    def history(self, timezone: str) -> PurchaseHistory:
        """The same as the signals take it."""
        seconds = self.at // MICROS
        order = np.lexsort((self.net, seconds, self.customer))
        at = seconds[order]
        return PurchaseHistory(
            customer_ids=tuple(self.ids),
            customer=self.customer[order],
            at=at,
            day=local_days(at, timezone),
            value=self.net[order],
            timezone=timezone,
        )


def columns(rows: Sequence[Row]) -> Placed:
    """The columns of orders in any order."""
    people, order_ids, at, net = zip(*rows, strict=True) if rows else ((), (), (), ())
    ids = sorted(set(people))
    codes = {customer_id: code for code, customer_id in enumerate(ids)}
    customer = np.fromiter(map(codes.__getitem__, people), np.int64, len(people))
    instants = np.array(at, np.int64)
    order = np.lexsort((instants, customer))
    found = order.tolist()
    _by_id(found, customer[order], instants[order], order_ids)
    order = np.array(found, np.int64)
    return Placed(
        ids=ids,
        customer=customer[order],
        at=instants[order],
        net=np.array(net, np.int64)[order],
        order_ids=[order_ids[place] for place in found],
    )


def _by_id(order: list[int], customer: Ints, at: Ints, order_ids: Sequence[str]) -> None:
    """Brings the few orders of one customer and instant into the order of their ids."""
    same = (customer[1:] == customer[:-1]) & (at[1:] == at[:-1])
    start = 0
    for first in np.flatnonzero(same).tolist():
        if first < start:
            continue
        start = first + 1
        while start < len(order) and same[start - 1]:
            start += 1
        order[first:start] = sorted(order[first:start], key=lambda place: order_ids[place])
