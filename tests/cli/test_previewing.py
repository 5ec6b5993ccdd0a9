"""``regulars program preview`` on a store whose orders came out of a file."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.cli.conftest import Regulars


@pytest.fixture
def rules(regulars: Regulars, shop: str, tmp_path: Path) -> Path:
    """The rules in force in a file, after forty customers have bought for half a year."""
    rows = ["order_id,customer_id,ordered_at,total,currency"]
    now = datetime.now(UTC)
    for who in range(40):
        rows += [
            f"{who}-{back},c{who:02d},{(now - timedelta(days=back)).isoformat()},{20 + who}.00,USD"
            for back in range(180, 0, -(9 + who))
        ]
    orders = tmp_path / "orders.csv"
    orders.write_text("\n".join(rows), encoding="utf-8")
    assert regulars("import", shop, "--from-csv", str(orders)).code == 0
    file = tmp_path / "rules.json"
    file.write_text(regulars("program", "show", shop).out, encoding="utf-8")
    return file


def test_equal_rules_change_nothing(regulars: Regulars, shop: str, rules: Path) -> None:
    """Both columns are the same, and the way there is told on standard error."""
    said = regulars("program", "preview", shop, str(rules))

    assert said.code == 0
    assert "40 customers, day by day" in said.out
    assert "0 customers change tier." in said.out
    assert "It changes no customer." in said.out
    assert "Replaying the year" in said.err


def test_other_rules_are_told_in_figures(regulars: Regulars, shop: str, rules: Path) -> None:
    """Offers by week, what they cost, who came anyway, tiers, and the customers that it changes most."""
    wanted = json.loads(rules.read_text(encoding="utf-8"))
    wanted["loyalty"]["tiers"][0]["percent"] = 7
    wanted["loyalty"]["tiers"][1]["name"] = "Friend"
    rules.write_text(json.dumps(wanted), encoding="utf-8")
    said = regulars("program", "preview", shop, str(rules), "--json")
    told = json.loads(said.out)

    assert said.code == 0
    assert sum(told["new"]["offers_by_week"].values()) == sum(told["new"]["offers_by_kind"].values())
    assert sum(told["new"]["offers_by_week"].values()) > sum(told["saved"]["offers_by_week"].values())
    assert float(told["new"]["expected_cost_a_month"]) <= float(told["new"]["worst_cost_a_month"])
    assert 0 < told["new"]["came_back_by_themselves"]["loyalty"] <= 1
    assert told["customers_changing_tier"] == told["tiers"][1]["new"]
    assert 0 < len(told["changes"]) <= 5
    assert told["customers"] == 40


def test_rules_that_cannot_work_are_refused(regulars: Regulars, shop: str, rules: Path) -> None:
    """In one sentence that names the field."""
    wanted = json.loads(rules.read_text(encoding="utf-8"))
    wanted["limits"]["wait_days"] = 0
    rules.write_text(json.dumps(wanted), encoding="utf-8")
    said = regulars("program", "preview", shop, str(rules))

    assert (said.code, said.out) == (1, "")
    assert "limits.wait_days" in said.err


def test_a_shop_that_was_never_measured_has_no_past(regulars: Regulars, shop: str, tmp_path: Path) -> None:
    """It says so."""
    file = tmp_path / "rules.json"
    file.write_text(regulars("program", "show", shop).out, encoding="utf-8")
    said = regulars("program", "preview", shop, str(file))

    assert said.code == 1
    assert "not measured yet" in said.err
