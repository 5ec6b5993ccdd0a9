"""The measures of a shop's customers as rows for the outside."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import compress
from typing import Any

from sqlalchemy import Connection

from plugin.rewards import stored
from plugin.signals import outlook
from plugin.signals.arrays import Floats
from plugin.signals.days import DAY, to_seconds
from plugin.signals.visits import boil_down
from plugin.usecases import measure
from plugin.usecases.stages import Stage, Watch, unwatched
from storage import programs
from storage.columns import EPOCH, MICROSECOND
from storage.money import to_decimal_text
from storage.shops import Shop

FIELDS = (
    "customer_id", "order_count", "first_order_at", "last_order_at", "spend_total", "currency", "recency_days",
    "tenure_days", "r", "f", "m", "group", "median_gap_days", "usual_gap_days", "gap_trend", "expected_next_order_at",
    "lateness", "late_at", "lapsing_at", "lost_at", "p_order_90d", "predicted_spend_365d", "tier", "as_of",
    # beyond what is kept for every customer: reckoned for this list
    "p_order_30d", "p_order_60d", "p_order_180d", "next_order_low_at", "next_order_high_at",
    "predicted_spend_365d_low", "predicted_spend_365d_high", "usual_gap_from",
)  # fmt: skip
INSTANTS = (
    "first_order_at", "last_order_at", "expected_next_order_at", "late_at", "lapsing_at", "lost_at", "as_of",
    "next_order_low_at", "next_order_high_at",
)  # fmt: skip
ROUNDED = {
    "median_gap_days": 3,
    "usual_gap_days": 3,
    "p_order_90d": 6,
    "p_order_30d": 6,
    "p_order_60d": 6,
    "p_order_180d": 6,
}
#: gaps below which a usual gap is mostly the store's
OWN_GAPS = 3
#: rows between two words about how far it is
TOLD_EVERY = 1_000
#: of columns: whole and real numbers; instants, amounts and words are text
TYPES = (
    dict.fromkeys(FIELDS, "string")
    | dict.fromkeys(("order_count", "recency_days", "tenure_days", "r", "f", "m"), "int64")
    | dict.fromkeys(ROUNDED, "float64")
)
MONEY = ("predicted_spend_365d", "predicted_spend_365d_low", "predicted_spend_365d_high")


def rows(db: Connection, shop: Shop, *, as_of: datetime, watch: Watch = unwatched) -> Iterator[dict[str, Any]]:
    """One row per customer with a valid order up to ``as_of``, by customer id; nothing later is seen or written.

    ``watch`` is told of each part as it begins, and now and then how many rows are out.
    """
    current = programs.current(db, shop.shop_id)
    program = stored.from_stored(current.body) if current else None
    night = measure.night(db, shop, as_of=as_of, program=program, afresh=True, watch=watch)
    watch(Stage.OUTLOOK, 0)
    columns = {**night.columns, **_ahead(night, as_of)}
    for place, values in enumerate(zip(*columns.values(), strict=True)):
        if place % TOLD_EVERY == 0:
            watch(Stage.LIST, place / night.count)
        yield _outside(dict(zip(columns, values, strict=True)), shop.currency)


def _ahead(night: measure.Night, as_of: datetime) -> Mapping[str, Sequence[Any]]:
    """The chances by other horizons, the range of the date and that of the spend, in the order of the night's rows."""
    visits = boil_down(night.history, to_seconds(as_of))
    found = outlook.outlook(visits, night.model)
    # who wishes not to be measured has no row
    measured = set(night.columns["customer_id"])
    there = [night.history.customer_ids[code] in measured for code in visits.customer.tolist()]
    told: dict[str, Sequence[Any]] = {f"p_order_{days}d": _known(found.p_order[days]) for days in (30, 60, 180)}
    now, dated = to_seconds(as_of), night.model.gaps is not None
    for end, days in (("low", found.next_order_low_days), ("high", found.next_order_high_days)):
        told[f"next_order_{end}_at"] = [
            round(now + each * DAY) * measure.SECOND if dated and each is not None else None for each in _known(days)
        ]
    for end, minor in (("low", found.spend_365d_low), ("high", found.spend_365d_high)):
        told[f"predicted_spend_365d_{end}_minor"] = [None if each is None else round(each) for each in _known(minor)]
    own = ["own" if gaps >= OWN_GAPS else "store" for gaps in visits.gap_count.tolist()]
    told["usual_gap_from"] = own if dated else [None] * len(own)
    return {name: list(compress(column, there)) for name, column in told.items()}


def _known(values: Floats) -> list[float | None]:
    return [None if math.isnan(value) else value for value in values.tolist()]


def instant_text(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z, to the second."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else EPOCH + micros * MICROSECOND


def _outside(row: dict[str, Any], currency: str) -> dict[str, Any]:
    told = dict(row)
    told["currency"] = currency
    told["spend_total"] = to_decimal_text(row["spend_total_minor"], currency)
    for name in MONEY:
        minor = row[f"{name}_minor"]
        told[name] = None if minor is None else to_decimal_text(minor, currency)
    told |= {name: instant_text(_moment(row[name])) for name in INSTANTS}
    told |= {name: None if row[name] is None else round(row[name], digits) for name, digits in ROUNDED.items()}
    return {name: told[name] for name in FIELDS}
