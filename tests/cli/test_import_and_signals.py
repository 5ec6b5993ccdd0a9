"""From a file of orders to one row per customer."""

import csv
import gzip
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from plugin.usecases.list_signals import FIELDS
from tests.cli.conftest import Regulars

HEADER = "order_id,customer_id,ordered_at,total,currency"
MASTER = Path(__file__).resolve().parents[2] / "../shared/data/cdnow_master.csv.gz"
AS_OF = date(1998, 6, 30)


def test_signals_have_the_fields_of_the_contract(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """A row of signals has exactly the documented fields in their order, in JSON and in CSV."""
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER}\n1,7,2026-01-05,20.00,USD\n2,7,2026-02-05,22.50,USD\n3,8,2026-02-06,9.99,USD\n")

    assert regulars("import", shop, "--from-csv", str(file)).code == 0
    rows = regulars("signals", shop, "--as-of", "2026-03-01").rows()
    told = regulars("signals", shop, "--as-of", "2026-03-01", "--format", "csv").out.splitlines()

    assert [list(row) for row in rows] == [list(FIELDS)] * 2
    assert told[0].split(",") == list(FIELDS)
    assert rows[0]["customer_id"] == "7"
    assert rows[0]["spend_total"] == "42.50"
    assert rows[0]["order_count"] == 2
    assert rows[0]["recency_days"] == 24
    assert rows[0]["tenure_days"] == 55
    assert rows[0]["last_order_at"] == "2026-02-05T00:00:00Z"
    assert rows[1]["lateness"] in {"on_time", "late", "lapsing", "lost"}


def test_importing_twice_changes_nothing(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """The same file imported again leaves the same signals."""
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER},refunded\n1,7,2026-01-05,20.00,USD,5\n2,7,2026-02-05,22.50,USD,22.50\n")

    regulars("import", shop, "--from-csv", str(file))
    once = regulars("signals", shop, "--as-of", "2026-03-01").out
    regulars("import", shop, "--from-csv", str(file))

    assert regulars("signals", shop, "--as-of", "2026-03-01").out == once
    assert '"order_count": 1' in once
    assert '"spend_total": "15.00"' in once


def test_since_begins_with_its_day(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """Orders of the day itself are read, those of the day before are not."""
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER}\n1,7,2026-01-04,20.00,USD\n2,8,2026-01-05,22.50,USD\n3,9,2026-01-06,9.99,USD\n")

    assert regulars("import", shop, "--from-csv", str(file), "--since", "2026-01-05").code == 0
    assert [row["customer_id"] for row in regulars("signals", shop).rows()] == ["8", "9"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("1,7,yesterday,20.00,USD", "line 2: 'yesterday' is not a date"),
        ("1,7,2026-01-05,twenty,USD", "line 2: 'twenty' is not an amount"),
        ("1,7,2026-01-05,20.00,", "line 2: the currency is ''"),
        (",7,2026-01-05,20.00,USD", "line 2: the order has no order_id"),
    ],
)
def test_a_bad_line_is_named(regulars: Regulars, shop: str, tmp_path: Path, line: str, told: str) -> None:
    """A line that cannot be read is named with its number and what is wrong, and the exit code is 1."""
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER}\n{line}\n")

    said = regulars("import", shop, "--from-csv", str(file))

    assert said.code == 1
    assert told in said.err
    assert said.err.count("\n") == 1


def test_nothing_later_than_as_of_is_seen(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """Signals as of a day are the same whether or not later orders were imported."""
    early, late = tmp_path / "early.csv", tmp_path / "late.csv"
    early.write_text(f"{HEADER}\n1,7,2026-01-05,20.00,USD\n2,8,2026-01-09,22.50,USD\n")
    late.write_text(f"{HEADER}\n3,7,2026-02-01T00:00:00Z,20.00,USD\n")

    regulars("import", shop, "--from-csv", str(early))
    before = regulars("signals", shop, "--as-of", "2026-01-31").out
    regulars("import", shop, "--from-csv", str(late))

    assert regulars("signals", shop, "--as-of", "2026-01-31").out == before


def test_a_usual_gap_says_whose_it_is(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """Below three gaps it is mostly the store's, however many orders a day held; before the store's first gap there is none."""
    file = tmp_path / "orders.csv"
    lines = [f"a{n},7,2026-0{n + 1}-05,20.00,USD" for n in range(4)] + [
        f"b{n},8,2026-01-05T0{n}:00:00Z,9,USD" for n in range(9)
    ]
    file.write_text("\n".join([HEADER, *lines]))
    regulars("import", shop, "--from-csv", str(file))
    told = {day: regulars("signals", shop, "--as-of", day).rows() for day in ("2026-01-31", "2026-05-01")}

    assert [(row["usual_gap_days"], row["usual_gap_from"]) for row in told["2026-01-31"]] == [(None, None)] * 2
    assert [row["usual_gap_from"] for row in told["2026-05-01"]] == ["own", "store"]


def test_who_wishes_not_to_be_measured_has_no_row(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """After an opt-out the others keep their rows with their own numbers, also those that are reckoned for the list."""
    file = tmp_path / "orders.csv"
    file.write_text(
        f"{HEADER}\n1,7,2026-01-05,20.00,USD\n2,7,2026-02-05,22.50,USD\n3,8,2026-02-06,9.99,USD\n4,9,2026-01-01,5,USD\n"
    )
    regulars("import", shop, "--from-csv", str(file))
    before = regulars("signals", shop, "--as-of", "2026-03-01").rows()
    assert regulars("opt-out", shop, "--customer", "7").code == 0

    assert regulars("signals", shop, "--as-of", "2026-03-01").rows() == [
        row for row in before if row["customer_id"] != "7"
    ]


@pytest.mark.parametrize("command", ["signals", "recompute"])
@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_day_at_the_end_of_the_calendar_is_wrong_use(regulars: Regulars, shop: str, command: str, day: str) -> None:
    """A year that nobody means is named in one sentence, and the exit code is 2."""
    said = regulars(command, shop, "--as-of", day)

    assert said.code == 2
    assert day in said.err
    assert said.err.count("\n") == 1


def test_nothing_is_measured_as_of_a_day_that_has_not_begun(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """Offers would go to everybody who is late only then, and the next night would wait for that day."""
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER}\n1,7,2026-01-05,20.00,USD\n")
    regulars("import", shop, "--from-csv", str(file))
    said = regulars("recompute", shop, "--as-of", "2999-01-01")

    assert (said.code, said.err) == (2, "regulars: Invalid value for --as-of: 2999-01-01 has not begun.\n")
    assert regulars("recompute", shop, "--as-of", f"{datetime.now(UTC):%Y-%m-%d}").out.startswith(
        "Measured 1 customer of"
    )


def test_scores_equal_an_independent_recomputation(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """On the whole CDNOW history, through import and command, r, f and m are what plain Python makes of the definition."""
    if not MASTER.exists():
        pytest.skip("the CDNOW master file is not beside this checkout")
    file = tmp_path / "cdnow.csv"
    spent: dict[str, Decimal] = defaultdict(Decimal)
    days: dict[str, list[date]] = defaultdict(list)
    with gzip.open(MASTER, "rt") as source, file.open("w") as target:
        target.write(HEADER + "\n")
        for number, row in enumerate(csv.DictReader(source)):
            value = Decimal(row["value"]).quantize(Decimal("0.01"))
            target.write(f"{number},{row['customer_id']},{row['date']},{value},USD\n")
            if value > 0:
                spent[row["customer_id"]] += value
                days[row["customer_id"]].append(date.fromisoformat(row["date"]))

    assert regulars("import", shop, "--from-csv", str(file)).code == 0
    rows = {row["customer_id"]: row for row in regulars("signals", shop, "--as-of", AS_OF.isoformat()).rows()}

    assert rows.keys() == spent.keys()
    recency = {who: -(AS_OF - max(bought)) // timedelta(days=1) for who, bought in days.items()}
    counts = {who: len(bought) for who, bought in days.items()}
    for name, measure in (("r", recency), ("f", counts), ("m", spent)):
        assert {who: row[name] for who, row in rows.items()} == _scores(measure)
    assert all(Decimal(rows[who]["spend_total"]) == spent[who] for who in spent)


def _scores(measure: dict[str, Decimal] | dict[str, int]) -> dict[str, int]:
    """1 + the whole part of 5 × the share of customers with a strictly lower value, at most 5."""
    ordered = sorted(measure.values())
    lower: dict[Decimal | int, int] = {}
    for position, value in enumerate(ordered):
        lower.setdefault(value, position)
    return {who: min(5, 1 + 5 * lower[value] // len(ordered)) for who, value in measure.items()}
