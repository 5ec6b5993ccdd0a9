"""Numbers and what they count."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.cli.counting import counted
from tests.cli.conftest import Regulars


@pytest.mark.parametrize(
    ("number", "told"), [(0, "0 orders"), (1, "1 order"), (1.4, "1 order"), (2, "2 orders"), (1_234, "1,234 orders")]
)
def test_a_number_and_its_word_agree(number: float, told: str) -> None:
    """One is one order, as it is written; all else, none included, are orders."""
    assert counted(number, "order") == told


def test_what_follows_the_word_agrees_too() -> None:
    """A verb stands in both forms."""
    assert counted(1, "delivery waits", "deliveries wait") == "1 delivery waits"
    assert counted(2, "delivery waits", "deliveries wait") == "2 deliveries wait"


@pytest.mark.parametrize(("lines", "told"), [(1, "1 order of 1 customer"), (3, "3 orders of 3 customers")])
def test_an_import_says_what_it_imported(regulars: Regulars, shop: str, tmp_path: Path, lines: int, told: str) -> None:
    """A store with one order is told of one order."""
    file = tmp_path / "orders.csv"
    rows = [f"{number},c{number},2026-01-05,20.00,USD" for number in range(lines)]
    file.write_text("\n".join(["order_id,customer_id,ordered_at,total,currency", *rows]), encoding="utf-8")

    assert regulars("import", shop, "--from-csv", str(file)).out == f"Imported {told} into {shop}.\n"
