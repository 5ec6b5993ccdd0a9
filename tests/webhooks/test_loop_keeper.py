"""Those who wait on an event loop are told what those are told who wait on a thread."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from storage.engine import Database
from storage.inbox import Delivery
from tests import loops
from tests.webhooks import bodies
from webhooks.keeper import CannotKeep, Keeper
from webhooks.loop_keeper import ENOUGH, LoopKeeper


def _delivery(shop_id: int, number: int) -> Delivery:
    return Delivery(
        shop_id=shop_id, delivery_id=f"w-{number}", topic="orders/create", received_at=bodies.RECEIVED, body=b"{}"
    )


def _on_this_loop(keeper: Keeper) -> LoopKeeper:
    return LoopKeeper(keeper, asyncio.get_running_loop())


@contextmanager
def _held(database: Database) -> Iterator[None]:
    """Somebody else writes for as long as this lasts, so that no commit can begin."""
    held, go_on = threading.Event(), threading.Event()

    def block() -> None:
        with database.transaction():
            held.set()
            go_on.wait(10)

    blocker = threading.Thread(target=block)
    blocker.start()
    held.wait(10)
    yield
    go_on.set()
    blocker.join()


def test_deliveries_of_one_commit_are_told_together(sqlite_database: Database, quiet_goods: int) -> None:
    """What waits on a loop is durable when it is answered, and a loop that is gone hurts nobody."""
    keeper = Keeper(sqlite_database)

    async def many() -> list[bool]:
        waits = _on_this_loop(keeper)
        return await asyncio.gather(*(waits.keep(_delivery(quiet_goods, number // 2)) for number in range(40)))

    async def hang_up() -> None:
        task = asyncio.create_task(_on_this_loop(keeper).keep(_delivery(quiet_goods, 99)))
        await asyncio.sleep(0)
        task.cancel()

    assert sum(loops.run(many())) == 20
    loops.run(hang_up())
    assert keeper.keep(_delivery(quiet_goods, 100))
    keeper.close()
    assert keeper.commits < keeper.deliveries


def test_patience_ends_on_a_loop(sqlite_database: Database, quiet_goods: int) -> None:
    """Who has waited long enough is told that it is not known to be durable, and what waited is withdrawn."""
    keeper = Keeper(sqlite_database, patience_seconds=0.1)

    async def two() -> list[Any]:
        waits = _on_this_loop(keeper)
        return await asyncio.gather(
            *(waits.keep(_delivery(quiet_goods, number)) for number in range(2)), return_exceptions=True
        )

    with _held(sqlite_database):
        told = loops.run(two())
    keeper.close()

    assert [type(one) for one in told] == [CannotKeep, CannotKeep]
    assert keeper.waiting == 0


@pytest.mark.parametrize(("connections", "wanted"), [(16, 4), (64, 15)])
def test_many_share_a_commit_on_a_loop(
    sqlite_database: Database, quiet_goods: int, connections: int, wanted: int
) -> None:
    """Each of so many sends its next delivery once the last is durable: so many deliveries share a commit."""
    keeper = Keeper(sqlite_database)
    numbers = itertools.count()

    async def sender(waits: LoopKeeper) -> None:
        for _ in range(8):
            assert await waits.keep(_delivery(quiet_goods, next(numbers)))

    async def all_of_them() -> None:
        waits = _on_this_loop(keeper)
        await asyncio.gather(*(sender(waits) for _ in range(connections)))

    loops.run(all_of_them())
    keeper.close()

    assert keeper.deliveries == 8 * connections
    assert keeper.deliveries >= wanted * keeper.commits


def test_those_who_come_after_one_another_go_together(sqlite_database: Database, quiet_goods: int) -> None:
    """A commit begins when a turn of the loop brings nothing more: what comes in turn after turn shares one."""
    keeper = Keeper(sqlite_database)

    async def later(waits: LoopKeeper, turns: int) -> bool:
        for _ in range(turns):
            await asyncio.sleep(0)
        return await waits.keep(_delivery(quiet_goods, turns))

    async def one_a_turn() -> list[bool]:
        waits = _on_this_loop(keeper)
        return await asyncio.gather(*(later(waits, turns) for turns in range(ENOUGH)))

    assert loops.run(one_a_turn()) == [True] * ENOUGH
    keeper.close()
    assert keeper.commits == 1


def test_nobody_waits_for_a_stream_to_end(sqlite_database: Database, quiet_goods: int) -> None:
    """While every turn of the loop brings another delivery, those who came first are durable all the same."""
    # room for a disk that takes its time
    keeper = Keeper(sqlite_database, bound=1_000_000)

    async def until_the_first_is_kept() -> tuple[int, list[bool]]:
        waits = _on_this_loop(keeper)
        kept = [asyncio.create_task(waits.keep(_delivery(quiet_goods, 0)))]
        while not kept[0].done():
            await asyncio.sleep(0)
            kept.append(asyncio.create_task(waits.keep(_delivery(quiet_goods, len(kept)))))
        return keeper.commits, await asyncio.gather(*kept)

    commits, kept = loops.run(until_the_first_is_kept())
    keeper.close()

    assert commits >= 1
    assert all(kept)


def test_each_is_patient_for_itself(sqlite_database: Database, quiet_goods: int) -> None:
    """One look at the clock serves all who wait, and none gives up before its own time."""
    keeper = Keeper(sqlite_database, patience_seconds=0.2)

    async def waited(waits: LoopKeeper, number: int, after: float) -> float:
        await asyncio.sleep(after)
        began = asyncio.get_running_loop().time()
        with pytest.raises(CannotKeep):
            await waits.keep(_delivery(quiet_goods, number))
        return asyncio.get_running_loop().time() - began

    async def one_after_another() -> list[float]:
        waits = _on_this_loop(keeper)
        return await asyncio.gather(*(waited(waits, number, 0.05 * number) for number in range(6)))

    with _held(sqlite_database):
        seconds = loops.run(one_after_another())
    keeper.close()

    assert min(seconds) > 0.19
