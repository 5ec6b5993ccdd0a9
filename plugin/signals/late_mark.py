"""Whether "late" keeps its word: of the customers who came back by themselves, how many did before they were called late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugin.signals import measure, past
from plugin.signals.arrays import Bools, Floats
from plugin.signals.days import DAY
from plugin.signals.history import PurchaseHistory
from plugin.signals.model import StoreModel

#: orders of so many days after the cut-off are followed, every so many days
DAYS, EVERY = 30, 2
#: below this many nothing is said
FEWEST = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class LateMark:
    """Orders followed by another one within ``within`` days. Shares; promised are .80 before late, .95 before lapsing."""

    orders: int
    within: int
    before_late: float
    before_lapsing: float
    #: called late among the third with the shortest usual gaps, and the third with the longest
    fast_called_late: float
    slow_called_late: float


def late_mark(history: PurchaseHistory, fitted: StoreModel, cut: int) -> LateMark | None:
    """The orders of the days after a cut-off (seconds UTC) by a model of the cut-off; None where there are too few."""
    if fitted.gaps is None:
        return None
    days = [_day(history, fitted, cut + day * DAY) for day in range(EVERY, DAYS + 1, EVERY)]
    late, lapsing, usual = (np.concatenate(parts) for parts in zip(*days, strict=True))
    if late.size < FEWEST:
        return None
    slowest = np.argsort(usual, kind="stable")
    third = late.size // 3
    return LateMark(
        orders=int(late.size), within=past_within(fitted), before_late=float(1 - late.mean()),
        before_lapsing=float(1 - lapsing.mean()), fast_called_late=float(late[slowest[:third]].mean()),
        slow_called_late=float(late[slowest[-third:]].mean()),
    )  # fmt: skip


def past_within(fitted: StoreModel) -> int:
    """The days within which coming back counts, as the store's gaps are measured."""
    return min(fitted.gaps.horizon, 180) if fitted.gaps else 180


def _day(history: PurchaseHistory, fitted: StoreModel, now: int) -> tuple[Bools, Bools, Floats]:
    """Everyone who ordered on the day that ends now, measured at its end: whether late or lapsing before the next visit."""
    those = _those_of(history, now)
    then = past.snapshot(those, now, 2**40)
    told = measure.rhythm(then.visits, fitted)
    back = then.came(past_within(fitted)) & (then.visits.silence == 0)
    waited = then.visits.last_at + then.next_visit * DAY
    late, lapsing = ((waited > told[name])[back] for name in ("late_at", "lapsing_at"))
    usual: Floats = told["usual_gap_days"][back]
    return late, lapsing, usual


def _those_of(history: PurchaseHistory, now: int) -> PurchaseHistory:
    """The customers who ordered on the day that ends now, with all their orders; codes as among all."""
    wanted = np.zeros(len(history.customer_ids), np.bool_)
    wanted[history.customer[(history.at <= now) & (history.at > now - DAY)]] = True
    kept = wanted[history.customer]
    return PurchaseHistory(
        customer_ids=history.customer_ids, customer=history.customer[kept], at=history.at[kept], day=history.day[kept],
        value=history.value[kept], timezone=history.timezone,
    )  # fmt: skip
