"""Ends what waits too long on an event loop. It looks now and then, so that each one's waiting costs next to nothing."""

from __future__ import annotations

import asyncio
from itertools import takewhile
from typing import Any

#: so often within the time that is given; the last grains may take one look more
LOOKS = 4

Task = asyncio.Task[Any]


class Hourglass:
    """Tasks that wait on ``loop`` for longer than ``seconds`` are cancelled, until it is closed."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, seconds: float) -> None:
        self._loop = loop
        self._pause = seconds / LOOKS
        self._looks = 0
        #: with the look before which each began, the oldest first
        self._waiting: dict[Task, int] = {}
        self._next = loop.call_later(self._pause, self._look)

    def turn(self) -> Task | None:
        """The present task begins to wait; what comes back is for ``stop`` and ``ran_out``."""
        task = asyncio.current_task()
        if task is not None:
            self._waiting[task] = self._looks
        return task

    def stop(self, task: Task | None) -> None:
        """It waits no more."""
        self._waiting.pop(task, None)  # type: ignore[arg-type]

    def ran_out(self, task: Task | None) -> bool:
        """Whether it was this that cancelled the task, which then goes on; False where somebody else did."""
        if task is None or task in self._waiting:
            return False
        task.uncancel()
        return True

    def close(self) -> None:
        """Nobody is ended any more."""
        self._next.cancel()

    def _look(self) -> None:
        self._looks += 1
        late = list(takewhile(lambda one: self._looks - one[1] > LOOKS, self._waiting.items()))
        for task, _ in late:
            del self._waiting[task]
            task.cancel()
        self._next = self._loop.call_later(self._pause, self._look)
