"""Whether this process can keep what it is given: it can commit, the schema is one it knows, disk and clock are well."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from statistics import median_low

from sqlalchemy.exc import DBAPIError

from plugin.runtime import Runtime
from storage import migrations

LEAST_DISK_SHARE = 0.05
#: a clock that is further from others than this is wrong: sessions and signatures are good for a minute
CLOCKS_APART_SECONDS = 30
#: what a store's clock said is believed for so long
CLOCK_KNOWN_SECONDS = 3600.0
#: a finding is told again for so long, as each look costs a durable commit and anybody may ask
REMEMBERED_SECONDS = 1.0

log = logging.getLogger(__name__)


def free_share(path: Path) -> float:
    """How much of the disk under a file is free, 0 to 1."""
    usage = shutil.disk_usage(path.absolute().parent)
    return usage.free / usage.total


def clock_is_off(runtime: Runtime) -> float | None:
    """How many seconds this machine's clock is behind (negative: ahead) where it is wrong; None where it is not.

    Asked are the stores that this process heard of within the hour and the database's server. It takes more than half
    of them, so that one store with a wrong clock of its own stops nobody.
    """
    apart = [span.total_seconds() for span in _others(runtime)]
    off = [seconds for seconds in apart if abs(seconds) > CLOCKS_APART_SECONDS]
    return median_low(off) if 2 * len(off) > len(apart) else None


class Readiness:
    """Looks at most once a second, whoever asks. The disk is looked at where the database is a file.

    ``monotonic`` is a clock that only runs forward, in seconds; ``share`` tells how much of a disk is free.
    """

    def __init__(
        self,
        runtime: Runtime,
        *,
        monotonic: Callable[[], float],
        share: Callable[[Path], float] = free_share,
    ) -> None:
        self._runtime = runtime
        self._share = share
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._found: str | None = None
        self._until: float | None = None

    def trouble(self) -> str | None:
        """What stands in the way and what to do about it, in one sentence; None when nothing does."""
        with self._lock:
            if self._until is None or self._monotonic() >= self._until:
                self._found = self._look()
                self._until = self._monotonic() + REMEMBERED_SECONDS
            return self._found

    def _look(self) -> str | None:
        database = self._runtime.database
        if self._runtime.damaged.is_set():
            return "The database is damaged: stop everything and restore the newest backup."
        try:
            have = migrations.current(database)
            if not migrations.fits(have):
                want = migrations.newest()
                return (
                    f"The database is at schema {have or 'none'} and this program needs {want}: run regulars migrate."
                )
            migrations.prove(database)
            off = clock_is_off(self._runtime)
        except (DBAPIError, OSError) as error:
            log.warning("not ready: %s", type(error).__name__)
            return "The database cannot be written: see that it runs and that its disk has room and is not read-only."
        if database.path is not None and self._share(database.path) < LEAST_DISK_SHARE:
            return f"Less than {LEAST_DISK_SHARE:.0%} of the disk is free: make room before nothing can be kept."
        if off is not None:
            way = "behind" if off > 0 else "ahead"
            return f"This machine's clock is {abs(off):.0f} s {way} of the stores' and the database's: set it right, by NTP."
        return None


def _others(runtime: Runtime) -> list[timedelta]:
    """What each other clock that is known here is ahead of ours."""
    # a list at once, as another thread may open a line meanwhile
    told = [line.store_clock(within_seconds=CLOCK_KNOWN_SECONDS) for line in list(runtime.lines.values())]
    clocks = [runtime.database.server_time(), *told]
    return [clock - runtime.now() for clock in clocks if clock is not None]
