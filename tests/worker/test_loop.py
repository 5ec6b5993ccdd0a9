"""The worker's rounds: what came in first, then what the passing of time brings."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from plugin import runtime
from plugin.config import Config
from plugin.worker.loop import PATIENCE, Worker


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    """One that has nothing to do yet."""
    built = runtime.build(Config(database_url=f"sqlite:///{tmp_path / 'regulars.db'}", secret_keys=("k" * 32,)))
    made = Worker(built)
    yield made
    made.close()
    built.database.close()


def test_the_clock_is_looked_at_when_the_queues_are_empty(worker: Worker) -> None:
    """Who decides by the clock decides on all that came in."""
    waiting = [3, 2]
    done: list[str] = []

    def queue() -> int:
        done.append("queue")
        return waiting.pop() if waiting else 0

    def look() -> int:
        done.append("look")
        return 0

    worker.queues, worker.looks = (queue,), (look,)
    assert worker.drain() == 5
    assert done == ["queue", "queue", "queue", "look"]


def test_queues_that_never_empty_do_not_stop_the_clock(worker: Worker) -> None:
    """It is looked at once in so many rounds."""
    looks: list[int] = []
    worker.queues = (lambda: 1,)

    def look() -> int:
        looks.append(1)
        return 0

    worker.looks = (look,)
    for _ in range(3 * PATIENCE):
        worker.round()
    assert len(looks) == 3
