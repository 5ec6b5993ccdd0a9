"""The first of the two commands: the demo, as a newcomer runs it, for the last few weeks of the history."""

import re
import subprocess
import sys
from pathlib import Path

from plugin.sandbox import discounts
from plugin.sandbox.ledger import Ledger
from tests.journeys.conftest import free_port

DAYS = "25"
SUMMARY = re.compile(r"customers=(\d+) orders=(\d+) late=(\d+) offers=(\d+) redeemed=(\d+) held_out=(\d+)")


def test_the_demo_runs_and_runs_again(tmp_path: Path) -> None:
    """The demo ends with hundreds of customers and with offers; run again on its folder it changes and issues nothing."""
    first = _demo(tmp_path)
    codes = _codes(tmp_path)
    again = _demo(tmp_path)

    told = [int(part) for part in SUMMARY.search(first).groups()]  # type: ignore[union-attr]
    customers, orders, late, offers, redeemed, held_out = told
    assert customers > 2_000
    assert orders == 6_919
    assert late > 0
    assert offers > redeemed > 0
    assert held_out > 0
    assert len(codes) == offers
    assert SUMMARY.search(again).group() == SUMMARY.search(first).group()  # type: ignore[union-attr]
    assert _codes(tmp_path) == codes


def _demo(folder: Path) -> str:
    command = [sys.executable, "-m", "plugin", "demo", "--exit-when-done", "--days", DAYS, "--dir", str(folder)]
    done = subprocess.run(
        [*command, "--port", str(free_port())], capture_output=True, text=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _codes(folder: Path) -> set[str]:
    """The codes that the store itself has."""
    ledger = Ledger(folder / "store.db")
    with ledger.transaction() as connection:
        rows = connection.execute("SELECT id FROM discounts").fetchall()
        found = [discounts.get(connection, row["id"]) for row in rows]
    ledger.close()
    return {one.terms.code for one in found if one is not None}
