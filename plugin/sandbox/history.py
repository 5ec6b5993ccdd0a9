"""Real purchases to live through: the CDNOW sample of 1997 and 1998, moved so that its last day is the one wanted.

Days and amounts are real, from ``data/cdnow_sample.csv.gz``. The time of day is made up, the same for the same
purchase always; so are numbers and names of customers.
"""

from __future__ import annotations

import csv
import gzip
import io
import random
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from plugin.sandbox.names import FIRST, LAST

SOURCE = Path(__file__).with_name("data") / "cdnow_sample.csv.gz"

#: beyond 2^53, where a number that went through a float comes out another
FIRST_CUSTOMER = 9_100_000_000_000_000

#: neighbours in the sample get names far from each other in the list
STRIDE = 7

#: seconds of the day between which people buy, and when they like to most
OPENS, LIKED, CLOSES = 7 * 3600, 20 * 3600, 23 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class Purchase:
    """One purchase; ``total`` is decimal text with two digits, ``0.00`` included; ``units`` are the discs bought."""

    customer_number: int
    at: datetime
    total: str
    units: int


def purchases(*, ends_on: date, zone: str | ZoneInfo) -> list[Purchase]:
    """All 6,919 purchases of 2,357 customers in the order of their time (UTC), the last ones on the day ``ends_on``."""
    with gzip.open(SOURCE, "rb") as file:
        rows = list(csv.DictReader(io.TextIOWrapper(file, "ascii")))
    moved = ends_on - max(date.fromisoformat(row["date"]) for row in rows)
    there = ZoneInfo(zone) if isinstance(zone, str) else zone
    bought = [
        Purchase(
            customer_number=int(row["customer_id"]),
            at=_moment(row["date"], place, moved, there),
            total=f"{Decimal(row['value']):.2f}",
            units=int(row["cds"]),
        )
        for place, row in enumerate(rows)
    ]
    return sorted(bought, key=lambda purchase: (purchase.at, purchase.customer_number))


def customer_id(customer_number: int) -> int:
    """The number that the store gives to a customer of the sample."""
    return FIRST_CUSTOMER + customer_number


def customer_name(customer_number: int) -> str:
    """A made-up name, the same for the same customer always."""
    return f"{FIRST[customer_number % len(FIRST)]} {LAST[customer_number * STRIDE % len(LAST)]}"


def _moment(day: str, place: int, moved: timedelta, zone: ZoneInfo) -> datetime:
    rng = random.Random(f"{day} {place}")  # noqa: S311 (a time of day, not a secret)
    seconds = int(rng.triangular(OPENS, CLOSES, LIKED))
    clock = time(seconds // 3600, seconds // 60 % 60, seconds % 60)
    return datetime.combine(date.fromisoformat(day) + moved, clock, zone).astimezone(UTC)
