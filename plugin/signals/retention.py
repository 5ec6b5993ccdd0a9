"""What a merchant calls retention, each figure defined so that two people get the same number.

A period is (start, end]: instants in seconds UTC. A customer is active at an instant with an order in the window of
``window`` days up to it. Shares of nothing are NaN.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from plugin.signals.arrays import Bools, Floats, Ints
from plugin.signals.days import DAY
from plugin.signals.history import PurchaseHistory

#: days; also before anybody has come back
LONGEST_WINDOW = 365


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """A store's figures for one period. Money in minor units."""

    active_start: int
    active_end: int
    #: first order ever in the period, and active at its end
    new: int
    #: active at the end, not at the start, not new
    reactivated: int
    #: active at the start, not at the end
    lost: int
    #: (active at end − new) / active at start
    crr: float
    #: share of those active at the start who still are at the end; less than ``crr`` where some were won back
    crr_strict: float
    #: 1 − ``crr_strict``: lost, by identity
    churn: float
    #: reactivated / customers seen before but not active at the start
    reactivation_rate: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Revenue:
    """What the buyers of a base period spent then and in a later period of the same length."""

    base: int
    later: int
    #: Σ max(0, base − later) / Σ base, customer by customer
    churn: float
    #: Σ later / Σ base of the base period's customers; above 1: net negative churn
    nrr: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Buying:
    """Orders and money of one period."""

    buyers: int
    orders: int
    revenue: int
    #: buyers with two orders or more in the period / buyers
    repeat_rate: float
    #: orders by customers who had ordered before / orders
    returning_share: float
    #: orders / buyers
    frequency: float
    #: revenue / orders, minor units
    aov: float
    #: share of revenue of the fifth of buyers who spent most (rounded up)
    pareto: float


def activity_window(gaps: Ints) -> int:
    """Days that an order keeps a customer active: what nine in ten gaps stay within, in months of 30 days, 90 to 365."""
    if not gaps.size:
        return LONGEST_WINDOW
    return int(min(max(round(float(np.percentile(gaps, 90)) / 30) * 30, 90), LONGEST_WINDOW))


def retention(history: PurchaseHistory, *, start: int, end: int, window: int) -> Retention:
    """Who was kept, lost, won and won back between two instants; ``window`` in days says who is active."""
    size = len(history.customer_ids)
    at_start, at_end = (_active(history, moment, window, size) for moment in (start, end))
    first = _first(history, size)
    new = at_end & (first > start)
    again = at_end & ~at_start & ~new
    kept = at_start & at_end
    lapsed = (first <= start) & ~at_start
    before, after = int(at_start.sum()), int(at_end.sum())
    strict = _share(int(kept.sum()), before)
    return Retention(
        active_start=before, active_end=after, new=int(new.sum()), reactivated=int(again.sum()),
        lost=before - int(kept.sum()), crr=_share(after - int(new.sum()), before), crr_strict=strict,
        churn=1 - strict, reactivation_rate=_share(int(again.sum()), int(lapsed.sum())),
    )  # fmt: skip


def revenue(history: PurchaseHistory, *, base: tuple[int, int], later: tuple[int, int]) -> Revenue:
    """Spend of the base period's customers, then and in the later period; compare a year apart to leave season out."""
    size = len(history.customer_ids)
    then, now = (_spend(history, period, size) for period in (base, later))
    were = then > 0
    total = int(then[were].sum())
    return Revenue(
        base=total, later=int(now[were].sum()), churn=_share(int(np.maximum(then - now, 0)[were].sum()), total),
        nrr=_share(int(now[were].sum()), total),
    )  # fmt: skip


def buying(history: PurchaseHistory, *, start: int, end: int) -> Buying:
    """Buyers, orders and money of a period."""
    size = len(history.customer_ids)
    inside = (history.at > start) & (history.at <= end)
    counts = np.bincount(history.customer[inside], minlength=size)
    spent = np.sort(_spend(history, (start, end), size))[::-1]
    buyers, orders, total = int(np.count_nonzero(counts)), int(counts.sum()), int(spent.sum())
    first_place = np.append(True, history.customer[1:] != history.customer[:-1])[: history.at.size]
    return Buying(
        buyers=buyers, orders=orders, revenue=total, repeat_rate=_share(int(np.count_nonzero(counts >= 2)), buyers),
        returning_share=_share(int(np.count_nonzero(inside & ~first_place)), orders),
        frequency=_share(orders, buyers), aov=_share(total, orders),
        pareto=_share(int(spent[: -(-buyers // 5)].sum()), total),
    )  # fmt: skip


def full_price(at: Ints, discounted: Bools, *, start: int, end: int) -> float:
    """The share of a period's orders without any discount, from each order's instant and whether it had one."""
    inside = (at > start) & (at <= end)
    return _share(int(np.count_nonzero(inside & ~discounted)), int(np.count_nonzero(inside)))


def simple_clv(*, aov: float, frequency: float, churn: float) -> float:
    """A rule of thumb: order value × orders a year × years until a customer of that yearly churn leaves, 1 / churn.

    NaN without churn, for nobody stays for ever.
    """
    return aov * frequency / churn if churn > 0 else float("nan")


def gap_curve(gaps: Ints, open_gaps: Ints, days: int) -> Floats:
    """The share of gaps ended within 0, 1, … ``days`` days, open ones counted as long as they last.

    Kaplan & Meier (1958). Whoever never comes back keeps the curve below 1, so it also shows how many do.
    """
    ended = np.bincount(np.minimum(gaps, days + 1), minlength=days + 2)
    still = np.bincount(np.minimum(open_gaps, days + 1), minlength=days + 2)
    waiting = np.cumsum((ended + still)[::-1])[::-1]
    stays = 1 - ended[: days + 1] / np.maximum(waiting[: days + 1], 1)
    curve: Floats = (1 - np.cumprod(stays)).astype(np.float64)
    return curve


def _active(history: PurchaseHistory, moment: int, window: int, size: int) -> Bools:
    recent = (history.at > moment - window * DAY) & (history.at <= moment)
    return np.bincount(history.customer[recent], minlength=size) > 0


def _first(history: PurchaseHistory, size: int) -> Ints:
    first = np.full(size, 2**62)
    place = np.flatnonzero(np.append(True, history.customer[1:] != history.customer[:-1])[: history.at.size])
    first[history.customer[place]] = history.at[place]
    return first


def _spend(history: PurchaseHistory, period: tuple[int, int], size: int) -> Ints:
    inside = (history.at > period[0]) & (history.at <= period[1])
    spent = np.zeros(size, np.int64)
    np.add.at(spent, history.customer[inside], history.value[inside])
    return spent


def _share(part: int, whole: int) -> float:
    return part / whole if whole else float("nan")
