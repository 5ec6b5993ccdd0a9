"""Real and made-up purchase histories for the tests of the measures."""

import csv
import gzip
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import strategies as st

from plugin.signals import history
from plugin.signals.history import PurchaseHistory

DATA = Path(__file__).resolve().parents[2] / "../shared/data"
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Order = tuple[str, int, int]


def rows(name: str) -> list[dict[str, str]]:
    """The lines of a data file; skips the test where the file is not at hand."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{name} is not beside the repository: put the file into {DATA} to run this")
    with gzip.open(path, "rt", newline="") as file:
        return list(csv.DictReader(file))


def cdnow(name: str) -> list[Order]:
    """CDNOW orders worth something: customer, instant in microseconds, cents."""
    lines = rows(name)
    return [
        (line["customer_id"], micros(line["date"]), round(float(line["value"]) * 100))
        for line in lines
        if float(line["value"]) > 0
    ]


def micros(day: str) -> int:
    return (date.fromisoformat(day).toordinal() - date(1970, 1, 1).toordinal()) * 86_400_000_000


def history_of(orders: list[Order], timezone: str = "UTC", until: datetime | None = None) -> PurchaseHistory:
    ids, at, net = zip(*orders, strict=True) if orders else ((), (), ())
    return history.build(customer_ids=ids, at_micros=at, net_minor=net, timezone=timezone, until=until)


def day(number: float) -> datetime:
    """Noon of that many days after the first day of 2024."""
    return datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(days=number)


def at(number: float) -> int:
    """The same as microseconds."""
    return (day(number) - EPOCH) // timedelta(microseconds=1)


#: small stores: up to sixty orders of up to twelve customers over two years, with ties on purpose
orders = st.lists(
    st.tuples(
        st.integers(0, 11).map("c{:02d}".format),
        st.one_of(st.integers(0, 730).map(at), st.floats(0, 730).map(at)),
        st.sampled_from([1, 500, 1_999, 1_999, 10_000, 250_000_000]),
    ),
    min_size=1,
    max_size=60,
)
END = day(731)
