"""The demo on Magento, as a newcomer runs it, for the last few weeks of the history."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journeys.conftest import free_port

SUMMARY = re.compile(r"customers=(\d+) orders=(\d+) late=(\d+) offers=(\d+) redeemed=(\d+) held_out=(\d+)")


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_the_magento_demo_runs_and_runs_again(tmp_path: Path) -> None:
    """It ends with all orders, lost events included, and with offers; run again on its folder it issues nothing."""
    first, again = _demo(tmp_path), _demo(tmp_path)
    told = [int(part) for part in SUMMARY.search(first).groups()]  # type: ignore[union-attr]
    customers, orders, late, offers, redeemed, held_out = told
    assert customers > 2_000
    assert orders == 6_919
    assert late > 0
    assert offers > redeemed > 0
    assert held_out > 0
    assert SUMMARY.search(again).group() == SUMMARY.search(first).group()  # type: ignore[union-attr]


def _demo(folder: Path) -> str:
    command = [sys.executable, "-m", "plugin", "demo", "--platform", "magento", "--exit-when-done", "--days", "25"]
    done = subprocess.run(
        [*command, "--dir", str(folder), "--port", str(free_port())],
        capture_output=True, text=True, timeout=420, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout
