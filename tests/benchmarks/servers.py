"""Server processes of a benchmark: started on a core of their own, waited for, measured, stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

START_SECONDS = 60
STOP_SECONDS = 40


class Server:
    """One server and the processes it starts, listening on ``port``."""

    def __init__(self, command: Sequence[str], *, port: int, environment: Mapping[str, str], folder: Path) -> None:
        self.port = port
        self._log = folder / "server.log"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                command, env={**bare_environment(), **environment}, cwd=folder, stdout=log, stderr=log
            )
        pin(self._process.pid, server_core())
        self._wait()

    @property
    def pid(self) -> int:
        """The process that was started."""
        return self._process.pid

    def memory_mb(self) -> float:
        """Resident memory of the process and all that it started."""
        return sum(_processes(self.pid).values()) / 1024

    def stop(self) -> None:
        """Asks it to end, and insists after a while."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _wait(self) -> None:
        give_up = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < give_up:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        self._process.kill()
        self._process.wait()
        raise RuntimeError(f"the server did not start; its last words:\n{self._log.read_text()[-3000:]}")


@contextlib.contextmanager
def new_folder() -> Iterator[Path]:
    """An empty folder on a real disk, which the system's folder for temporary files often is not; gone afterwards."""
    disk = Path("/var/tmp")  # noqa: S108 - nothing is shared there, the folder has a random name
    with tempfile.TemporaryDirectory(prefix="regulars-", dir=disk if disk.is_dir() else None) as folder:
        # the processes of a database may run as another user
        Path(folder).chmod(0o755)
        yield Path(folder)


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def server_core() -> int | None:
    """The core for servers and databases; None where processes cannot be bound to one."""
    return min(_cores()) if len(_cores()) > 1 else None


def client_core() -> int | None:
    """The core for the load."""
    return max(_cores()) if len(_cores()) > 1 else None


def bare_environment() -> dict[str, str]:
    """The caller's, without settings that would change what is measured."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("REGULARS_", "GRANIAN_"))}


def pin(pid: int, core: int | None) -> None:
    """Binds a process, and what it will start, to a core."""
    if core is not None:
        os.sched_setaffinity(pid, {core})


def _cores() -> set[int]:
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()


def cpu_seconds(root: int) -> float:
    """Processor time of a process and all that it started, so far; nought where the system has no /proc."""
    ticks = 0
    for pid in _processes(root):
        with contextlib.suppress(OSError):
            # after the name in brackets; 11 to 14: own time, system's, and both of children that ended
            ticks += sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]))
    return ticks / os.sysconf("SC_CLK_TCK")


def _processes(root: int) -> dict[int, int]:
    """A process and all that it started, each with its resident kilobytes."""
    listed = subprocess.run(["ps", "-A", "-o", "pid=,ppid=,rss="], capture_output=True, text=True, check=True).stdout
    children: defaultdict[int, list[int]] = defaultdict(list)
    size = {}
    for pid, parent, resident in (map(int, line.split()) for line in listed.splitlines()):
        children[parent].append(pid)
        size[pid] = resident
    found, pending = {}, [root]
    while pending:
        pid = pending.pop()
        found[pid] = size.get(pid, 0)
        pending += children[pid]
    return found
