"""Versions of customers whose orders were known when they were placed and never changed: all at once, by columns."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from plugin.signals.arrays import Ints
from plugin.usecases.backtest.placed import Placed


class Plain(NamedTuple):
    """The versions that are needed, customer by customer, as columns; and all orders that they point into."""

    #: positions of the customers, ascending, and of each one's first version, and one past the last
    customers: list[int]
    starts: list[int]
    #: by version: whose, from when on, the rows, the newest order, and what was told then
    customer: list[int]
    at: list[int]
    start: list[int]
    end: list[int]
    last_id: list[str]
    told: list[tuple[tuple[str, int], ...]]
    #: the customer was decided about at once
    looked: list[bool]
    #: by row: microseconds since 1970, minor units
    placed_at: Ints
    net: Ints


def plain(placed: Placed, place_of: Sequence[int], *, since: int, looked_before: float) -> Plain:
    """The versions that are in force at ``since`` (microseconds) or become so later.

    ``place_of`` is the position of each customer of ``placed``, ascending; -1: not wanted. Orders from ``looked_before``
    on were read in without anybody being decided about.
    """
    places = np.array(place_of, np.int64)
    mine = np.flatnonzero(places[placed.customer] >= 0)
    customer, at, net = places[placed.customer[mine]], placed.at[mine], placed.net[mine]
    # orders of one instant become known together
    ends = np.flatnonzero(_differs(customer) | _differs(at)) + 1
    begins = np.append(0, ends[:-1])[: ends.size]
    whose, moment = customer[begins], at[begins]
    # of those from before, only each customer's last is needed
    kept = np.flatnonzero((moment > since) | _differs(whose) | (np.append(moment[1:], since)[: moment.size] > since))
    whose, moment, begins, ends = whose[kept], moment[kept], begins[kept], ends[kept]
    first = np.flatnonzero(np.append(True, whose[1:] != whose[:-1])[: whose.size])
    ids = [placed.order_ids[row] for row in mine.tolist()]
    return Plain(
        customers=whose[first].tolist(),
        starts=[*first.tolist(), whose.size],
        customer=whose.tolist(),
        at=moment.tolist(),
        start=np.searchsorted(customer, whose).tolist(),
        end=ends.tolist(),
        last_id=[ids[end - 1] for end in ends.tolist()],
        told=_told(ids, net, begins, ends),
        looked=(moment < looked_before).tolist(),
        placed_at=at,
        net=net,
    )


def _differs(column: Ints) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Whether the next one is another; true for the last."""
    return np.append(column[1:] != column[:-1], True)[: column.size]


def _told(ids: Sequence[str], net: Ints, begins: Ints, ends: Ints) -> list[tuple[tuple[str, int], ...]]:
    values = net.tolist()
    return [
        ((ids[begin], values[begin]),)
        if end == begin + 1
        else tuple(zip(ids[begin:end], values[begin:end], strict=True))
        for begin, end in zip(begins.tolist(), ends.tolist(), strict=True)
    ]
