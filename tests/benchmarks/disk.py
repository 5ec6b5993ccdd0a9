"""Counts the syncs of server processes, and can make each of them slower, by a small library loaded before them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).with_name("slow_disk.c")


class Disk:
    """What a server's disk is made to be; ``extra_ms`` is added to every fsync. Its files lie in ``folder``."""

    def __init__(self, folder: Path, *, extra_ms: float = 0.0) -> None:
        self._counter = folder / "syncs"
        self._counter.write_bytes(bytes(8))
        self._library = _build(folder) if can_be_counted() else None
        self._extra_us = round(extra_ms * 1000)
        # the database's processes may run as another user
        self._counter.chmod(0o666)

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to be counted; nothing where that cannot be done."""
        if self._library is None:
            return {}
        return {
            "LD_PRELOAD": str(self._library),
            "SYNC_COUNT": str(self._counter),
            "SYNC_EXTRA_US": str(self._extra_us),
        }

    def syncs(self) -> int:
        """How often the processes synced so far; nought where that cannot be counted."""
        return int.from_bytes(self._counter.read_bytes(), sys.byteorder)


def can_be_counted() -> bool:
    """Whether this machine has what it takes: Linux and a C compiler."""
    return sys.platform == "linux" and shutil.which("cc") is not None


def _build(folder: Path) -> Path:
    built = folder / "slow_disk.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", built, SOURCE, "-ldl"], check=True)
    built.chmod(0o755)
    return built
