"""Whether this process can keep what it is given: it can commit, the schema is one it knows, the disk has room."""

from __future__ import annotations

import logging
import shutil
import threading
from collections.abc import Callable
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from plugin.runtime import Runtime
from storage import migrations

LEAST_DISK_SHARE = 0.05
#: a finding is told again for so long, as each look costs a durable commit and anybody may ask
REMEMBERED_SECONDS = 1.0

log = logging.getLogger(__name__)


def free_share(path: Path) -> float:
    """How much of the disk under a file is free, 0 to 1."""
    usage = shutil.disk_usage(path.absolute().parent)
    return usage.free / usage.total


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
        try:
            have = migrations.current(database)
            if not migrations.fits(have):
                want = migrations.newest()
                return (
                    f"The database is at schema {have or 'none'} and this program needs {want}: run regulars migrate."
                )
            migrations.prove(database)
        except (DBAPIError, OSError) as error:
            log.warning("not ready: %s", type(error).__name__)
            return "The database cannot be written: see that it runs and that its disk has room and is not read-only."
        if database.path is not None and self._share(database.path) < LEAST_DISK_SHARE:
            return f"Less than {LEAST_DISK_SHARE:.0%} of the disk is free: make room before nothing can be kept."
        return None
