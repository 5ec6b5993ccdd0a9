"""A trap before the calls by which a process reaches a disk or another process: it counts, kills, fails or writes down.

A small library (trap.c) is compiled and loaded before a program's own (Linux, a C compiler); test and program share a file.
"""

from __future__ import annotations

import enum
import functools
import mmap
import shutil
import struct
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

import pytest

SOURCE = Path(__file__).with_name("trap.c")
MOST_NOTES = 1 << 20
HEAD = struct.Struct("=5Q6i")
NOTE = struct.Struct("=c19si")
HEAD_SIZE = HEAD.size


class Calls(enum.IntFlag):
    """The kinds of calls."""

    SYNC = 1
    WRITE = 2
    SEND = 4
    #: before the answer to a COMMIT, or to a statement that commits itself, is read: it is done, and nobody here knows
    ASKED = 8
    #: after that answer was read: it is known here, and nobody else was told
    TOLD = 16


class Note(NamedTuple):
    """What went by: R a request heard, W a page of the log written, Y the log synced, A an answer 200 about to be sent."""

    what: str
    delivery: str
    file: int


class Trap:
    """One trap for one program and all that it starts. Nothing happens before it is set."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "trap"
        with self._path.open("wb") as file:
            file.truncate(HEAD_SIZE + MOST_NOTES * NOTE.size)
        # the database's processes may run as another user
        self._path.chmod(0o666)
        with self._path.open("r+b") as file:
            self._shared = mmap.mmap(file.fileno(), 0)

    @property
    def environment(self) -> dict[str, str]:
        """What a program needs in its environment to be caught."""
        return {"LD_PRELOAD": str(library()), "TRAP": str(self._path)}

    def kill_at(self, number: int, calls: Calls, *, group: int) -> None:
        """The ``number``-th call from now on is the last of the process group; of a write, half is done.

        With ``group`` nought it is the last of that one process.
        """
        self._set(at=number, lasting=1, calls=calls, error=0, group=group)

    def fail_at(self, number: int, calls: Calls, *, error: int, lasting: int = 1) -> None:
        """``lasting`` calls from the ``number``-th on fail with this errno."""
        self._set(at=number, lasting=lasting, calls=calls, error=error, group=0)

    def note(self) -> None:
        """From now on what goes by is written down."""
        self._set(at=0, lasting=0, calls=Calls(0), error=0, group=0, noting=1)

    def clear(self) -> None:
        """Nothing happens any more."""
        self._set(at=0, lasting=0, calls=Calls(0), error=0, group=0)

    @property
    def happened(self) -> int:
        """How many calls were the last, or failed."""
        return int(HEAD.unpack_from(self._shared)[3])

    @property
    def seen(self) -> int:
        """How many calls of the wanted kinds there were since it was set."""
        return int(HEAD.unpack_from(self._shared)[0])

    def notes(self) -> list[Note]:
        """What went by, in its order."""
        count = HEAD.unpack_from(self._shared)[4]
        assert count <= MOST_NOTES, "more went by than can be written down"
        found = (NOTE.unpack_from(self._shared, HEAD_SIZE + place * NOTE.size) for place in range(count))
        return [Note(what.decode(), told.split(b"\0")[0].decode(), file) for what, told, file in found]

    def _set(self, *, at: int, lasting: int, calls: Calls, error: int, group: int, noting: int = 0) -> None:
        armed = 1 if calls else 0
        HEAD.pack_into(self._shared, 0, 0, at, lasting, 0, 0, armed, calls, error, group, noting, 0)


def why_not() -> str | None:
    """Why this machine cannot set traps; None where it can."""
    if sys.platform != "linux":
        return "calls can be trapped on Linux only"
    return None if shutil.which("cc") else "no C compiler: apt-get install gcc libc6-dev"


needs_trap = pytest.mark.skipif(why_not() is not None, reason=f"{why_not()}")


@functools.cache
def library() -> Path:
    """The compiled library, in a folder that every user may read."""
    folder = Path(tempfile.mkdtemp(prefix="rg-trap-"))
    folder.chmod(0o755)
    built = folder / "trap.so"
    subprocess.run(["cc", "-O2", "-shared", "-fPIC", "-o", built, SOURCE, "-ldl"], check=True)
    built.chmod(0o755)
    return built
