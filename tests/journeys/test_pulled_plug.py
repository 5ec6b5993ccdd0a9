"""The plug is pulled in the middle of a busy day: everything at once, store and plugin, and started again."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from plugin.platforms.protocol import MARK
from plugin.sandbox import discounts
from plugin.sandbox.ledger import Ledger
from tests.journeys.conftest import free_port

DAYS = "40"
#: how long a start may take before there is work to interrupt, in seconds
FIRST_SIGN = 60


def test_one_pulled_plug(tmp_path: Path) -> None:
    """Killed once in the middle and run to the end, the demo has every order once and every offer's code exactly once."""
    _kill_and_finish(tmp_path, kills=1, rng=random.Random(1))


@pytest.mark.soak
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(10))
def test_many_pulled_plugs(tmp_path: Path, seed: int) -> None:
    """Killed six times at random moments, the same holds."""
    _kill_and_finish(tmp_path, kills=6, rng=random.Random(seed))


def _kill_and_finish(folder: Path, *, kills: int, rng: random.Random) -> None:
    for _ in range(kills):
        running = _start(folder)
        _wait_for_work(folder, running)
        time.sleep(rng.uniform(0.2, 2.5))
        running.send_signal(signal.SIGKILL)
        running.communicate()
    done = _start(folder)
    _, told = done.communicate(timeout=600)
    assert done.returncode == 0, told

    offers = _rows(folder, "SELECT offer_id, code, state FROM offers WHERE code IS NOT NULL")
    store = _discounts(folder)
    assert _rows(folder, "SELECT count(*), count(DISTINCT order_id) FROM orders") == [(6_919, 6_919)]
    assert _rows(folder, "PRAGMA integrity_check") == [("ok",)]
    asked = {str(code): state for _, code, state in offers if state not in {"planned", "sending", "cancelled"}}
    assert set(store) <= set(asked)
    # what has been over for a week and was not used leaves the store
    assert {asked[code] for code in set(asked) - set(store)} <= {"expired"}
    assert max(Counter(tag for tags in store.values() for tag in tags if tag != MARK).values()) == 1
    assert not [state for _, _, state in offers if state in {"planned", "sending"}]


def _start(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "plugin", "demo", "--exit-when-done", "--days", DAYS, "--dir", str(folder)]
    return subprocess.Popen(
        [*command, "--port", str(free_port())], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def _wait_for_work(folder: Path, running: subprocess.Popen[str]) -> None:
    for _ in range(10 * FIRST_SIGN):
        path = folder / "regulars.db"
        if running.poll() is not None:
            return
        if path.exists() and path.stat().st_size and _has_offers(path):
            return
        time.sleep(0.1)


def _has_offers(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        try:
            return bool(connection.execute("SELECT count(*) FROM offers").fetchone()[0])
        except sqlite3.Error:
            return False


def _rows(folder: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(folder / "regulars.db")) as connection:
        return connection.execute(statement).fetchall()


def _discounts(folder: Path) -> dict[str, tuple[str, ...]]:
    """The codes that the store has, with their tags."""
    ledger = Ledger(folder / "store.db")
    with ledger.transaction() as connection:
        rows = connection.execute("SELECT id FROM discounts").fetchall()
        found = [discounts.get(connection, row["id"]) for row in rows]
    ledger.close()
    return {one.terms.code: one.terms.tags for one in found if one is not None}
