"""After an erasure: the files are rid of what was removed, again and again until nothing holds the old bytes any more."""

from __future__ import annotations

from datetime import timedelta

from plugin.runtime import Runtime
from storage import erasure

#: an erasure as young as this may have met the end of the process before its bytes were gone
YOUNG = timedelta(days=1)


class Scrubbing:
    """The step; a process that starts looks whether one that ended has left bytes of an erased customer or store."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._looked = False

    def run(self) -> int:
        """Scrubs once if something was erased; never counts as being busy, for a reader may hold on for a while."""
        if not self._looked:
            self._looked = True
            self._remember()
        if self._runtime.unscrubbed.is_set():
            self._runtime.unscrubbed.clear()
            if not erasure.scrub(self._runtime.database):
                self._runtime.unscrubbed.set()
        return 0

    def _remember(self) -> None:
        with self._runtime.database.reading() as db:
            newest, left = erasure.newest(db), erasure.unscrubbed(db)
        if left or (newest is not None and newest > self._runtime.now() - YOUNG):
            self._runtime.unscrubbed.set()
