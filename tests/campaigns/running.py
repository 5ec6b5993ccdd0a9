"""A server or a worker on a town's database, for as long as a block lasts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from tests.campaigns import planted
from tests.campaigns.programs import Program, Starter, is_ready, wait_until
from tests.campaigns.town import Town
from tests.journeys.conftest import free_port

#: tells how far a campaign has come
Say = Callable[[str], None]
#: a worker gets something done within this many seconds, or it does not work
REST_SECONDS = 120


@contextmanager
def serving(starter: Starter, town: Town, *, worker_inside: bool = False) -> Iterator[tuple[Program, int]]:
    """A server that is ready, and its port; killed afterwards if it lives."""
    port = free_port()
    alone = [] if worker_inside else ["--no-worker"]
    server = starter.start("serve", "--port", str(port), *alone, environment=town.environment)
    try:
        wait_until(lambda: is_ready(port), lives=[server])
        yield server, port
    finally:
        server.end()


@contextmanager
def mistaken(starter: Starter, town: Town, mistake: str) -> Iterator[tuple[Program, int]]:
    """A server with a planted mistake, and its port."""
    port = free_port()
    environment = town.environment | {planted.SHOP: str(town.shop_id)}
    server = starter.start(mistake, str(port), environment=environment, module=planted.__name__)
    try:
        wait_until(lambda: is_ready(port), lives=[server])
        yield server, port
    finally:
        server.end()


def bring_to_rest(starter: Starter, town: Town) -> None:
    """A worker that nobody disturbs, until nothing waits."""
    worker = starter.start("worker", environment=town.environment)
    stop_at_rest(worker, town)


def stop_at_rest(worker: Program, town: Town) -> None:
    """Waits until nothing waits any more, and has the worker end."""
    town.leases_end()
    while left := town.waiting():
        # a long campaign leaves a lot; what counts is that it becomes less
        wait_until(partial(_moved, town, left), seconds=REST_SECONDS, lives=[worker])
    worker.terminate()
    assert worker.wait() == 0, worker.words()


def _moved(town: Town, left: int) -> bool:
    return town.waiting() != left
