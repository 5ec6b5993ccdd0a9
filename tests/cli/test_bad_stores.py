"""What signals, report and recompute answer for stores as they come: every number said or null, no warning, no NaN."""

from __future__ import annotations

import csv
import io
import json
from contextlib import redirect_stdout
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet

from plugin.cli import run
from plugin.cli.measuring import LIST, NIGHT
from tests.cli.conftest import Regulars

HEADER = "order_id,customer_id,ordered_at,total,currency,refunded,lines,discount_code,channel,country"
NOW = datetime.now(UTC)


def ago(days: float) -> str:
    return f"{NOW - timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}"


#: customer, instant, total, refunded
STORES: dict[str, list[tuple[str, str, str, str]]] = {
    "no orders": [],
    "one order": [("a", ago(3), "10.00", "")],
    "all on one day": [(f"c{n}", ago(30), f"{n + 1}.00", "") for n in range(40)],
    "one with 5,000 orders": [("a", ago(n / 8), "1.00", "") for n in range(5_000)] + [("b", ago(5), "2.00", "")],
    "negative and zero": [("a", ago(3), "-5.00", ""), ("b", ago(4), "0", ""), ("c", ago(5), "1.00", "")],
    "refunds above the order": [("a", ago(3), "5.00", "50.00"), ("b", ago(40), "5.00", ""), ("b", ago(4), "5.00", "2.00")],
    "before 1970 and without a date": [("a", "1960-02-03", "5.00", ""), ("a", ago(4), "5.00", ""), ("b", "0001-01-01", "5.00", "")],
    "tomorrow": [("a", ago(-1), "5.00", ""), ("b", ago(2), "5.00", ""), ("b", ago(-2), "5.00", "")],
    "one-time buyers": [(f"c{n}", ago(n / 2), "5.00", "") for n in range(250)],
    "one customer": [("a", ago(10 * n), "5.00", "") for n in range(12)],
    "largest sums": [(f"c{n % 15}", ago(7 * n), "9999999999999.99", "") for n in range(60)],
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(STORES))
def test_every_store_is_answered(regulars: Regulars, shop: str, tmp_path: Path, name: str) -> None:
    """Each command succeeds and says nothing but its parts; JSON has null and no NaN; a valid order's customer has a row, no other."""
    file = tmp_path / "orders.csv"
    lines = [
        f"{number},{who},{when},{total},USD,{refunded},p{number % 3}:1,,,"
        for number, (who, when, total, refunded) in enumerate(STORES[name])
    ]
    file.write_text("\n".join([HEADER, *lines]))
    assert regulars("import", shop, "--from-csv", str(file)).code == 0
    said = {
        command: regulars(*command.split(), shop)
        for command in ("recompute", "signals", "signals --format csv", "report --format json", "report")
    }
    assert {command: (one.code, complaints(one.err)) for command, one in said.items()} == dict.fromkeys(said, (0, []))

    rows = [strict(line) for line in said["signals"].out.splitlines()]
    bought = {who for who, when, total, gone in STORES[name] if float(total) > float(gone or 0) and when <= ago(0)}
    assert {row["customer_id"] for row in rows} == bought
    assert len(list(csv.reader(io.StringIO(said["signals --format csv"].out)))) == len(rows) + 1
    for row in rows:
        assert 0 <= row["p_order_30d"] <= row["p_order_60d"] <= row["p_order_90d"] <= row["p_order_180d"] <= 1
        assert row["recency_days"] >= 0
        assert float(row["spend_total"]) > 0
    told = strict(said["report --format json"].out)
    assert told["habits"]["funnel"] == [] or told["habits"]["funnel"][0]["customers"] == len(bought)
    page = said["report"].out.lower()
    assert not {"nan", "$nan", "nan%", "inf", "infinity"} & set(page.replace("<", " ").replace(">", " ").split())


def complaints(told: str) -> list[str]:
    """What stands on standard error beside the parts of the work."""
    parts = {f"{name}." for name, _ in (*NIGHT.values(), *LIST.values())}
    return [line for line in told.splitlines() if line not in parts]


def strict(text: str) -> Any:
    """JSON as the standard has it, in which there is no NaN."""
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_an_amount_in_another_currency_is_refused(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """A file that mixes currencies is named with its line and both of them, and what was read before that line is kept."""
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER}\n1,a,{ago(3)},5.00,USD,,,,,\n2,a,{ago(2)},500,JPY,,,,,\n")
    said = regulars("import", shop, "--from-csv", str(file))
    assert said.code == 1
    assert "line 3: the currency is 'JPY' and the shop's is USD. What came before that line is kept." in said.err
    assert [row["spend_total"] for row in regulars("signals", shop).rows()] == ["5.00"]


def test_parquet_has_the_same_types_for_every_store(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """A column that a small store has nothing to say in is of the type that it has in a large one, also without a row."""
    file = tmp_path / "orders.csv"
    file.write_text(f"{HEADER}\n" + "\n".join(f"{n},c{n % 20},{ago(9 * n)},5.00,USD,,,,," for n in range(80)))
    assert regulars("import", shop, "--from-csv", str(file)).code == 0
    schemas = []
    for day in ("2001-01-01", ago(715)[:10], ago(1)[:10]):
        out = io.TextIOWrapper(kept := io.BytesIO())
        with redirect_stdout(out):
            assert run(["signals", shop, "--as-of", day, "--format", "parquet"]) == 0
        schemas.append(parquet.read_schema(kept))
    assert schemas[0].equals(schemas[1])
    assert schemas[1].equals(schemas[2])
    assert str(schemas[0].field("predicted_spend_365d").type) == "string"
    assert str(schemas[0].field("median_gap_days").type) == "double"
