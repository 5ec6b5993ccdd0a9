"""What a program's processes use, seen from outside: processor time to the nanosecond, memory, and what others use."""

from __future__ import annotations

import os
import resource
import time
from collections.abc import Sequence
from pathlib import Path

#: a processor clock of another process (Linux: its number, inverted, and the kind of clock)
SCHEDULED = 2


def processes_of(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        told = Path(f"/proc/{found[-1]}/task/{found[-1]}/children")
        left += map(int, told.read_text().split()) if told.exists() else []
    return found


def at_work(pids: Sequence[int]) -> float:
    """The processor time of these processes so far, all their threads together, in seconds."""
    return sum(time.clock_gettime((~pid << 3) | SCHEDULED) for pid in pids)


def resident(pids: Sequence[int]) -> int:
    """Their memory, in bytes."""
    pages = sum(int(Path(f"/proc/{pid}/statm").read_text().split()[1]) for pid in pids)
    return pages * resource.getpagesize()


def busy() -> tuple[float, float]:
    """The processor time of the whole machine so far, of all processors together: used, and idle, in seconds."""
    ticks = os.sysconf("SC_CLK_TCK")
    told = [int(one) / ticks for one in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle = told[3] + told[4]
    return sum(told) - idle, idle
