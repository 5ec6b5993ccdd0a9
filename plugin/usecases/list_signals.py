"""The measures of a shop's customers as rows for the outside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection

from plugin.rewards import stored
from plugin.usecases import measure
from storage import programs
from storage.columns import EPOCH, MICROSECOND
from storage.money import to_decimal_text
from storage.shops import Shop

FIELDS = (
    "customer_id", "order_count", "first_order_at", "last_order_at", "spend_total", "currency", "recency_days",
    "tenure_days", "r", "f", "m", "group", "median_gap_days", "usual_gap_days", "gap_trend", "expected_next_order_at",
    "lateness", "late_at", "lapsing_at", "lost_at", "p_order_90d", "predicted_spend_365d", "tier", "as_of",
)  # fmt: skip
INSTANTS = ("first_order_at", "last_order_at", "expected_next_order_at", "late_at", "lapsing_at", "lost_at", "as_of")
ROUNDED = {"median_gap_days": 3, "usual_gap_days": 3, "p_order_90d": 6}


def rows(db: Connection, shop: Shop, *, as_of: datetime) -> Iterator[dict[str, Any]]:
    """One row per customer with a valid order up to ``as_of``, by customer id; nothing later is seen or written."""
    current = programs.current(db, shop.shop_id)
    program = stored.from_stored(current.body) if current else None
    columns = measure.night(db, shop, as_of=as_of, program=program, afresh=True).columns
    for values in zip(*columns.values(), strict=True):
        yield _outside(dict(zip(columns, values, strict=True)), shop.currency)


def instant_text(moment: datetime | None) -> str | None:
    """ISO 8601 in UTC with a Z, to the second."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(micros: int | None) -> datetime | None:
    return None if micros is None else EPOCH + micros * MICROSECOND


def _outside(row: dict[str, Any], currency: str) -> dict[str, Any]:
    predicted = row["predicted_spend_365d_minor"]
    told = dict(row)
    told["currency"] = currency
    told["spend_total"] = to_decimal_text(row["spend_total_minor"], currency)
    told["predicted_spend_365d"] = None if predicted is None else to_decimal_text(predicted, currency)
    told |= {name: instant_text(_moment(row[name])) for name in INSTANTS}
    told |= {name: None if row[name] is None else round(row[name], digits) for name, digits in ROUNDED.items()}
    return {name: told[name] for name in FIELDS}
