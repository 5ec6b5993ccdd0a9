"""How much a worker gets done while the intake is saturated: server on one core, worker and load on the other."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import func, select

from storage.engine import Database
from storage.tables import inbox
from tests.benchmarks import ours, servers, stocked
from tests.benchmarks.case import SECRET
from tests.benchmarks.load import Load, Seen, sent_by_a_process

CONNECTIONS = 16
#: sent and done before the watch starts
WARM_SECONDS = 0.5
RUNNING = b"The worker is running"
#: what is left of the inbox must be done after this long
PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptUp:
    """What came in and what was done of it while it came in, per second; ``p99`` of the acknowledgements in ms."""

    acknowledged: float
    processed: float
    p99: float


def measure(folder: Path, *, server: bool, seconds: float) -> KeptUp:
    """One window on SQLite or on a PostgreSQL ``server``. Raises RuntimeError when something acknowledged is not done."""
    with ours.running(folder, ours.SERVE, server=server, install=_stock) as running:
        database = Database(running.url)
        try:
            with _worker(running.url, folder):
                first = len(_load(running.server.port, "warm", WARM_SECONDS).acknowledged)
                _wait(database, first)
                begun = time.perf_counter()
                seen = _load(running.server.port, "saturated", seconds)
                done, took = _done(database) - first, time.perf_counter() - begun
                _wait(database, first + len(seen.acknowledged))
        finally:
            database.close()
    return KeptUp(acknowledged=len(seen.acknowledged) / took, processed=done / took, p99=seen.p99)


def _stock(url: str) -> None:
    with stocked.opened(url, now=datetime.now(UTC)) as runtime:
        stocked.fill(runtime)


def _load(port: int, run: str, seconds: float) -> Seen:
    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    return sent_by_a_process(
        Load(
            port=port, run=run, secret=SECRET, connections=CONNECTIONS, seconds=seconds, warm_up_seconds=0.0,
            core=servers.client_core(), customers=stocked.CUSTOMERS, day=yesterday,
        )
    )  # fmt: skip


@contextmanager
def _worker(url: str, folder: Path) -> Iterator[None]:
    with (folder / "worker.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "plugin", "worker"], env={**servers.bare_environment(), **ours.settings(url)},
            cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        give_up = time.monotonic() + PATIENCE_SECONDS
        while RUNNING not in (folder / "worker.log").read_bytes() and time.monotonic() < give_up:
            time.sleep(0.05)
        servers.pin(process.pid, servers.client_core())
        yield
    finally:
        process.terminate()
        process.wait(servers.STOP_SECONDS)


def _done(database: Database) -> int:
    with database.reading() as db:
        return int(db.execute(select(func.count()).where(inbox.c.state == "done")).scalar_one())


def _wait(database: Database, acknowledged: int) -> None:
    give_up = time.monotonic() + PATIENCE_SECONDS
    while (done := _done(database)) < acknowledged:
        if time.monotonic() > give_up:
            raise RuntimeError(f"{acknowledged} deliveries were acknowledged, {done} are done")
        time.sleep(0.2)
