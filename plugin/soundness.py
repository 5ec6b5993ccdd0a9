"""The database's file is looked through when a process starts and once a day; a damaged one issues nothing any more."""

from __future__ import annotations

import logging
import threading

from plugin.runtime import Runtime
from storage import soundness

EVERY_SECONDS = 86_400.0

log = logging.getLogger(__name__)


def look(runtime: Runtime) -> None:
    """Looks once; what is found damaged stays so until the process ends."""
    if wrong := soundness.damage(runtime.database):
        runtime.damaged.set()
        log.critical("the database is damaged, no store is called any more; restore the newest backup: %s", wrong)


def watch(runtime: Runtime, stop: threading.Event) -> None:
    """Looks on a thread of its own, at once and then every day, until ``stop``."""

    def go_on() -> None:
        while not stop.is_set():
            look(runtime)
            stop.wait(EVERY_SECONDS)

    if runtime.database.path is not None:
        # it may take minutes, and nobody waits for it
        threading.Thread(target=go_on, name="soundness", daemon=True).start()
