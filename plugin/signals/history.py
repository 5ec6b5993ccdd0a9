"""The purchases of one shop as columns: the only input of every measure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np

from plugin.signals.arrays import Ints
from plugin.signals.days import local_days, to_seconds

MICROS = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PurchaseHistory:
    """Valid orders, one position per order in all columns but ``customer_ids``, sorted by (customer, at).

    Valid means: not a test, not cancelled, not unpaid, and something is left of it after refunds.
    """

    #: the platform's ids; position = the code used in ``customer``; ascending
    customer_ids: tuple[str, ...]
    #: position in ``customer_ids``
    customer: Ints
    #: seconds since 1970-01-01 UTC
    at: Ints
    #: days since 1970-01-01 in the shop's time zone
    day: Ints
    #: minor units of the shop's currency, net of refunds, > 0
    value: Ints
    #: IANA name of the shop's time zone, in which ``day`` is reckoned
    timezone: str = "UTC"


def build(
    *,
    customer_ids: Sequence[str],
    at_micros: Sequence[int],
    net_minor: Sequence[int],
    timezone: str,
    until: datetime | None = None,
) -> PurchaseHistory:
    """The history of orders given as three sequences of the same length, in any order.

    ``at_micros`` is microseconds since 1970-01-01 UTC, ``net_minor`` minor units of the shop's currency; orders worth
    nothing or less are left out, and so are those after ``until`` (inclusive, aware).
    Raises ValueError where the lengths differ, zoneinfo.ZoneInfoNotFoundError for an unknown ``timezone``.
    """
    ids, customer = _codes(customer_ids)
    micros = np.asarray(at_micros, np.int64)
    value = np.asarray(net_minor, np.int64)
    return of_columns(ids, customer, micros, value, timezone=timezone, until=until)


def of_columns(
    ids: Sequence[str], customer: Ints, micros: Ints, value: Ints, *, timezone: str, until: datetime | None = None
) -> PurchaseHistory:
    """``build`` from columns: ``customer`` holds positions in ``ids``, which are ascending and each there once."""
    if not customer.size == micros.size == value.size:
        raise ValueError(f"one order, one position: {customer.size}, {micros.size} and {value.size} are not the same")
    wanted = value > 0
    if until is not None:
        wanted &= micros <= to_seconds(until) * MICROS + until.microsecond
    if not wanted.all():
        customer, micros, value = customer[wanted], micros[wanted], value[wanted]
    at = micros // MICROS
    if not _in_order(customer, at, value):
        order = np.lexsort((value, at, customer))
        customer, at, value = customer[order], at[order], value[order]
    return _dense(tuple(ids), customer, at=at, value=value, timezone=timezone)


def seen(history: PurchaseHistory, as_of: int) -> PurchaseHistory:
    """The part of a history that had happened by ``as_of`` (seconds UTC, inclusive); customers keep their codes."""
    past = history.at <= as_of
    if past.all():
        return history
    return PurchaseHistory(
        customer_ids=history.customer_ids, customer=history.customer[past], at=history.at[past],
        day=history.day[past], value=history.value[past], timezone=history.timezone,
    )  # fmt: skip


def thin(history: PurchaseHistory, most: int) -> PurchaseHistory:
    """Every n-th customer with all their orders, so that about ``most`` remain; the same ones every time."""
    step = max(1, len(history.customer_ids) // most)
    if step == 1:
        return history
    kept = history.customer % step == 0
    return PurchaseHistory(
        customer_ids=history.customer_ids[::step], customer=history.customer[kept] // step, at=history.at[kept],
        day=history.day[kept], value=history.value[kept], timezone=history.timezone,
    )  # fmt: skip


def only(history: PurchaseHistory, customer_id: str) -> PurchaseHistory:
    """The purchases of one customer alone; empty where there are none."""
    try:
        code = history.customer_ids.index(customer_id)
    except ValueError:
        code = -1
    start, end = np.searchsorted(history.customer, (code, code + 1))
    return PurchaseHistory(
        customer_ids=(customer_id,), customer=np.zeros(end - start, np.int64), at=history.at[start:end],
        day=history.day[start:end], value=history.value[start:end], timezone=history.timezone,
    )  # fmt: skip


def _codes(customer_ids: Sequence[str]) -> tuple[tuple[str, ...], Ints]:
    ids = tuple(sorted(set(customer_ids)))
    codes = {customer_id: code for code, customer_id in enumerate(ids)}
    return ids, np.fromiter(map(codes.__getitem__, customer_ids), np.int64, len(customer_ids))


def _in_order(customer: Ints, at: Ints, value: Ints) -> bool:
    """Sorted by customer, instant and value: equal histories are equal columns whatever order they came in."""
    same = customer[1:] == customer[:-1]
    tied = same & (at[1:] == at[:-1])
    return not (
        (customer[1:] < customer[:-1]).any()
        or (same & (at[1:] < at[:-1])).any()
        or (tied & (value[1:] < value[:-1])).any()
    )


def _dense(ids: tuple[str, ...], customer: Ints, *, at: Ints, value: Ints, timezone: str) -> PurchaseHistory:
    """Leaves out customers without an order, so that every code is used."""
    present = np.bincount(customer, minlength=len(ids)) > 0
    if not present.all():
        customer = (np.cumsum(present) - 1)[customer]
        ids = tuple(customer_id for customer_id, there in zip(ids, present.tolist(), strict=True) if there)
    return PurchaseHistory(
        customer_ids=ids, customer=customer, at=at, day=local_days(at, timezone), value=value, timezone=timezone
    )
