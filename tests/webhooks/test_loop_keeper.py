"""Those who wait on an event loop are told what those are told who wait on a thread."""

from __future__ import annotations

import asyncio
import itertools
import threading
from typing import Any

import pytest

from storage.engine import Database
from storage.inbox import Delivery
from tests import loops
from tests.webhooks import bodies
from webhooks.keeper import CannotKeep, Keeper
from webhooks.loop_keeper import LoopKeeper


def _delivery(shop_id: int, number: int) -> Delivery:
    return Delivery(
        shop_id=shop_id, delivery_id=f"w-{number}", topic="orders/create", received_at=bodies.RECEIVED, body=b"{}"
    )


def _on_this_loop(keeper: Keeper) -> LoopKeeper:
    return LoopKeeper(keeper, asyncio.get_running_loop())


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
    go_on = threading.Event()

    async def two() -> list[Any]:
        waits = _on_this_loop(keeper)
        return await asyncio.gather(
            *(waits.keep(_delivery(quiet_goods, number)) for number in range(2)), return_exceptions=True
        )

    def block() -> None:
        with sqlite_database.transaction():
            go_on.wait(10)

    blocker = threading.Thread(target=block)
    blocker.start()
    told = loops.run(two())
    go_on.set()
    blocker.join()
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
