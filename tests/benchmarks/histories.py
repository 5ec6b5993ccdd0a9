"""The purchase histories that predictions are tried on, one order per customer and day, and their cut-offs.

Public stores, and made-up ones of other kinds. What is chosen (features, shares, priors) is chosen on the development
cut-offs and the made-up stores of one seed; what is reported is measured on the evaluation cut-offs and on other seeds.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from plugin.signals import history
from plugin.signals.history import PurchaseHistory
from tests.benchmarks.made_stores import KINDS, made

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Purchase = tuple[str, str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Store:
    """A history and the days at whose end something is foretold; the model of a cut-off has seen nothing later."""

    name: str
    history: PurchaseHistory
    #: for the chance within 90 days
    chances: tuple[datetime, ...]
    #: for the date within 180 days
    dates: tuple[datetime, ...]
    #: orders of the 90 days after are judged as late or not
    lates: tuple[datetime, ...]


def stores(*, development: bool = False) -> list[Store]:
    """All stores whose file is at hand, with the cut-offs of the evaluation, or with those of the development."""
    found = []
    for name, (file, read, *cuts) in _SOURCES.items():
        chances, dates, lates = _DEVELOPMENT[name] if development else cuts
        path = DATA / file
        if path.exists():
            with gzip.open(path, "rt", newline="") as lines:
                purchases = list(read(csv.DictReader(lines)))
            found.append(
                Store(
                    name=name, history=merged(purchases), chances=_ends(chances), dates=_ends(dates), lates=_ends(lates)
                )
            )
    return found


def made_stores(*, development: bool = False) -> list[Store]:
    """The made-up stores: one seed for the development, another for the evaluation."""
    cuts = _ends("2022-10-15 2023-03-15 2023-07-15" if development else "2022-11-20 2023-02-10 2023-06-20")
    seed = 1 if development else 2
    return [
        Store(name=f"{kind} (made up)", history=made(kind, seed), chances=cuts, dates=cuts, lates=cuts)
        for kind in KINDS
    ]


def merged(purchases: list[Purchase]) -> PurchaseHistory:
    """One order per customer and day, worth what the day was worth; what is worth nothing is left out."""
    days: dict[tuple[str, str], float] = {}
    for customer_id, day, value in purchases:
        days[customer_id, day] = days.get((customer_id, day), 0.0) + value
    kept = [(customer_id, day, value) for (customer_id, day), value in sorted(days.items()) if value > 0]
    return history.build(
        customer_ids=[customer_id for customer_id, _, _ in kept],
        at_micros=[(_noon(day) - EPOCH) // timedelta(microseconds=1) for _, day, _ in kept],
        net_minor=[max(1, round(value * 100)) for _, _, value in kept],
        timezone="UTC",
    )


def _noon(day: str) -> datetime:
    return datetime.fromisoformat(day).replace(hour=12, tzinfo=UTC)


def _ends(days: str) -> tuple[datetime, ...]:
    """The last second of each day."""
    return tuple(datetime.fromisoformat(day).replace(hour=23, minute=59, second=59, tzinfo=UTC) for day in days.split())


def _plain(lines: csv.DictReader[str]) -> Iterator[Purchase]:
    for line in lines:
        yield line["customer_id"], line["date"], float(line.get("value", 1.0))


def _invoices(lines: csv.DictReader[str]) -> Iterator[Purchase]:
    """Online Retail: without cancellations and lines of nobody; an invoice that comes to nothing drops out."""
    invoices: dict[tuple[str, str, str], float] = {}
    for line in lines:
        if line["customer_id"] and not line["invoice"].startswith("C"):
            key = (line["customer_id"], line["invoice"], line["ts"][:10])
            invoices[key] = invoices.get(key, 0.0) + float(line["quantity"]) * float(line["price"])
    for (customer_id, _, day), value in invoices.items():
        if value > 0:
            yield customer_id, day, value


_SOURCES = {
    "CDNOW": (
        "cdnow_master.csv.gz", _plain, "1997-10-01 1998-01-01 1998-03-31",
        "1997-10-01 1998-01-01", "1997-08-31 1997-09-30 1997-12-01",
    ),
    "grocer": (
        "grocery_btydplus.csv.gz", _plain, "2006-09-30 2006-12-31 2007-03-31 2007-06-30",
        "2006-10-01 2007-01-01 2007-04-01 2007-07-01", "2006-09-30 2006-12-31 2007-03-31",
    ),
    "Online Retail 2010": (
        "online_retail_2009_2010_lines.csv.gz", _invoices, "2010-05-31 2010-07-31 2010-09-08",
        "2010-04-01 2010-05-15 2010-06-11", "2010-03-31 2010-04-30",
    ),
    "apparel (simulated)": (
        "apparel_clvtools_simulated.csv.gz", _plain, "2006-12-31 2007-12-31 2008-12-31 2009-12-31",
        "2007-01-01 2008-01-01 2009-01-01 2010-01-01", "2006-12-31 2007-12-31 2008-12-31",
    ),
}  # fmt: skip

_DEVELOPMENT = {
    "CDNOW": ("1997-08-15 1997-11-15 1998-02-14", "1997-08-15 1997-11-15", "1997-07-31 1997-10-31 1997-11-15"),
    "grocer": (
        "2006-08-15 2006-11-15 2007-02-14 2007-05-15 2007-08-15", "2006-08-15 2006-11-15 2007-02-14 2007-05-15",
        "2006-08-15 2006-11-15 2007-02-14",
    ),
    "Online Retail 2010": ("2010-04-30 2010-06-30 2010-08-20", "2010-04-30", "2010-03-15 2010-04-15"),
    "apparel (simulated)": (
        "2006-06-30 2007-06-30 2008-06-30 2009-06-30", "2006-06-30 2007-06-30 2008-06-30 2009-06-30",
        "2007-06-30 2008-06-30 2009-01-31",
    ),
}  # fmt: skip
