"""The store-wide numbers in force on each day of the past: as they were kept, or learnt from nothing later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from plugin.signals import cuts, gapfit
from plugin.signals.gaps import GapModel
from plugin.signals.history import MICROS, PurchaseHistory, seen
from plugin.signals.rfm import RfmCuts
from plugin.signals.visits import boil_down
from plugin.usecases.install import next_night

#: where no model was kept: days between two fits, and customers that they rest on
REFIT = timedelta(days=28)
MOST = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """From an instant on (microseconds since 1970) these are the store's gaps. None: nobody had come back yet."""

    at: int
    gaps: GapModel | None
    #: bounds of the groups
    cuts: RfmCuts | None = None
    #: all customers were measured then
    everyone: bool = True


def walked(history: PurchaseHistory, *, start: datetime, end: datetime) -> Iterator[Night]:
    """Stand-ins for nights of which nothing was kept: each from ``start`` until ``end``, fitted every four weeks.

    A fit sees no order later than its night.
    """
    fitted: datetime | None = None
    gaps: GapModel | None = None
    bounds: RfmCuts | None = None
    moment = start
    while moment < end:
        if fitted is None or moment - fitted >= REFIT:
            fitted, (gaps, bounds) = moment, _fit(history, int(moment.timestamp()))
        yield Night(at=round(moment.timestamp()) * MICROS, gaps=gaps, cuts=bounds)
        moment = next_night(history.timezone, moment)


def _fit(history: PurchaseHistory, moment: int) -> tuple[GapModel | None, RfmCuts | None]:
    visits = boil_down(_few(seen(history, moment)), moment)
    if not visits.customer.size:
        return None, None
    fitted = gapfit.fit(visits)
    return fitted, cuts.of_groups(visits, fitted)


def _few(past: PurchaseHistory) -> PurchaseHistory:
    """Every n-th of the customers there were: who comes later changes nothing about who is looked at."""
    first = np.append(True, past.customer[1:] != past.customer[:-1])[: past.customer.size]
    rank = np.cumsum(first) - 1
    step = max(1, int(first.sum()) // MOST)
    kept = rank % step == 0
    return replace(past, customer=past.customer[kept], at=past.at[kept], day=past.day[kept], value=past.value[kept])
