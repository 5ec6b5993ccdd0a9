"""The purchases that the store lives through."""

from __future__ import annotations

import csv
import gzip
import io
from collections import Counter
from datetime import UTC, date, timedelta
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from plugin.sandbox import history

SHARED = Path(__file__).resolve().parents[2] / "../shared/data/cdnow_sample.csv.gz"
ZONE = ZoneInfo("America/New_York")
ENDS = date(2026, 11, 22)


@pytest.fixture(scope="module")
def bought():
    return history.purchases(ends_on=ENDS, zone="America/New_York")


def test_it_is_the_whole_sample(bought):
    """6,919 purchases of 2,357 customers, in the order of time, the free ones too."""
    assert len(bought) == 6919
    assert len({one.customer_number for one in bought}) == 2357
    assert [one.at for one in bought] == sorted(one.at for one in bought)
    assert sum(one.total == "0.00" for one in bought) == 8


def test_days_are_moved_as_one(bought):
    """The last day is the day wanted and the gaps between a customer's days are the real ones."""
    days = [one.at.astimezone(ZONE).date() for one in bought]
    assert max(days) == ENDS
    assert max(days) - min(days) == date(1998, 6, 30) - date(1997, 1, 1)
    first = sorted(day for day, one in zip(days, bought, strict=True) if one.customer_number == 1)
    assert [(b - a).days for a, b in pairwise(first)] == [17, 196, 132]


def test_it_is_the_same_every_time(bought):
    """Two readings are equal, times in UTC, nobody buys twice in one second."""
    assert history.purchases(ends_on=ENDS, zone=ZONE) == bought
    assert all(one.at.utcoffset() == timedelta(0) and one.at.tzinfo is UTC for one in bought)
    assert len({(one.customer_number, one.at) for one in bought}) == len(bought)


def test_a_day_later_is_the_same_a_day_later(bought):
    """Another end moves every purchase's day by as much, and leaves its time of day."""
    later = history.purchases(ends_on=ENDS + timedelta(days=1), zone=ZONE)
    moved = Counter(
        (one.customer_number, one.total, one.at.astimezone(ZONE).replace(tzinfo=None) + timedelta(days=1))
        for one in bought
    )
    assert moved == Counter(
        (one.customer_number, one.total, one.at.astimezone(ZONE).replace(tzinfo=None)) for one in later
    )


def test_people_are_made_up_but_stay_the_same():
    """Customers have numbers beyond 2^53 and names, different for different customers mostly."""
    assert history.customer_id(1) > 2**53
    names = Counter(history.customer_name(number) for number in range(1, 2358))
    assert len(names) == 2357
    assert history.customer_name(1) == history.customer_name(1)


def test_the_file_is_the_published_one(bought):
    """Days and amounts are those of the source."""
    if not SHARED.exists():
        pytest.skip("the source's copy is not beside this repository")
    with gzip.open(SHARED, "rb") as file:
        rows = list(csv.DictReader(io.TextIOWrapper(file, "ascii")))
    assert sum(Decimal(row["value"]) for row in rows) == sum(Decimal(one.total) for one in bought)
    assert Counter(int(row["customer_id"]) for row in rows) == Counter(one.customer_number for one in bought)
