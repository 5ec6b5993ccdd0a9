"""The loop around the steps: one bad step stops nobody, and a stop is heard within a second."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from plugin.runtime import Runtime
from plugin.worker import night_step, notice_step, outbox_step, time_step
from plugin.worker.connection_step import Connections
from plugin.worker.history_step import Histories
from plugin.worker.magento_step import Polling
from plugin.worker.portion import Portion
from plugin.worker.prune_step import Pruning
from plugin.worker.reconcile_step import Reconciling
from plugin.worker.rounds_step import Rounds
from plugin.worker.scrub_step import Scrubbing

#: the longest pause between two looks at the queues
IDLE_SECONDS = 1.0
SHORTEST_SECONDS = 0.02
#: pause after a step that failed unexpectedly
FAULT_SECONDS = 5.0
CALLS_AT_ONCE = 8
#: rounds with something in the queues after which the clock is looked at all the same
PATIENCE = 16
#: more rounds than this without rest mean that something feeds itself
MANY_ROUNDS = 100_000

log = logging.getLogger("regulars.worker")


class Worker:
    """Empties the queues of one database; any number of workers may run at once.

    ``pages_too`` may be taken away while many nights are lived in a row that nobody looks at (``night_step``).
    """

    def __init__(self, runtime: Runtime, *, concurrency: int = CALLS_AT_ONCE) -> None:
        self.runtime = runtime
        self.pages_too = True
        self.pool = ThreadPoolExecutor(max_workers=concurrency, thread_name_prefix="store-call")
        self.histories, self.reconciling = Histories(runtime), Reconciling(runtime)
        self.polling = Polling(runtime)
        self.busy = 0
        self.queues: tuple[Callable[[], int], ...] = (
            Portion(runtime).take_in,
            # what a damaged file says was sent or not is not to be believed
            lambda: 0 if runtime.damaged.is_set() else outbox_step.run(runtime, self.pool),
        )
        self.looks: tuple[Callable[[], int], ...] = (
            lambda: night_step.run(runtime, pages_too=self.pages_too),
            lambda: time_step.run(runtime),
            self.polling.run,
            Connections(runtime).run,
            self.histories.run,
            self.reconciling.run,
            lambda: notice_step.run(runtime),
            Rounds(runtime).run,
            Pruning(runtime).run,
            Scrubbing(runtime).run,
        )

    def run(self, stop: threading.Event) -> None:
        """Works until told to stop; the step under way is finished first."""
        pause = SHORTEST_SECONDS
        while not stop.is_set():
            try:
                busy = self.round() > 0
            except Exception:
                log.exception("a step failed; it is tried again")
                stop.wait(FAULT_SECONDS)
                continue
            pause = SHORTEST_SECONDS if busy else min(pause * 2, IDLE_SECONDS)
            stop.wait(0 if busy else pause)

    def round(self) -> int:
        """The queues, and once they are empty what the passing of time brings; answers how much there was to do.

        While there is something in the queues, whoever decides by the clock would decide on what is not known yet. Queues
        that never empty hold it up for a few rounds, not for ever.
        """
        done = sum(step() for step in self.queues)
        self.busy = self.busy + 1 if done else 0
        return done if self.busy % PATIENCE else done + sum(look() for look in self.looks)

    def drain(self) -> int:
        """Works until nothing is due any more at the present instant; answers how much there was."""
        total = 0
        for _ in range(MANY_ROUNDS):
            done = self.round()
            if not done:
                return total
            total += done
        raise RuntimeError(f"still busy after {MANY_ROUNDS} rounds")

    def close(self) -> None:
        """Lets calls under way finish; an import goes on where it is with the next worker."""
        self.histories.close()
        self.pool.shutdown(wait=True)
