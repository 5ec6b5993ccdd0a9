"""Workers that die, deliveries that are lost: a past is read, with nothing missing or twice."""

from __future__ import annotations

import random
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click import ClickException
from sqlalchemy import delete

from plugin.cli.demo.world import World
from plugin.sandbox import deliveries
from plugin.sandbox.bulk import Outcome
from plugin.sandbox.weather import Mishap
from plugin.usecases import import_history
from plugin.worker.history_step import Histories
from plugin.worker.reading import LEASE_SECONDS
from storage import reconciliations
from storage import tables as tables_of
from tests.journeys.pasts import heard_live, install, past, state, tables, until_read
from tests.journeys.people import passes


class Killed(BaseException):
    """The process is gone at this instant."""


def test_killed_at_every_commit(tmp_path: Path, lived: dict[str, list[Any]]) -> None:
    """A worker that dies before or after any commit leaves an import that the next one ends, with nothing missing or twice."""
    with past(tmp_path) as world:
        world.store.bulk.usual = Outcome(shuffled=True)
        install(world)
        place, ended = 0, False
        while not ended:
            for after in (False, True):
                ended = _dies(world, place, after=after)
                begin_anew(world)
            place += 1
            assert place < 100
        until_read(world)

        assert place > 4
        assert tables(world.runtime.database) == lived


def begin_anew(world: World) -> None:
    """Forgets all that was read, and asks for it again; whoever was at it has lost it."""
    shop = world.shop()
    with world.runtime.database.transaction() as db:
        for table in (tables_of.order_lines, tables_of.refunds, tables_of.orders, tables_of.customers):
            db.execute(delete(table).where(table.c.shop_id == shop.shop_id))
        import_history.ask(db, shop, now=world.clock.now())


def _dies(world: World, place: int, *, after: bool) -> bool:
    """A worker of its own dies at its ``place``-th commit, the next one ends the work; whether it had ended before that."""
    dying = Dying(world, place, after=after)
    histories = Histories(dying.runtime)
    try:
        while histories.run():
            pass
    except Killed:
        ended = False
    else:
        ended = not state(world).is_open
    histories.close()
    passes(world, seconds=LEASE_SECONDS + 1)
    found = until_read(world)
    assert found.orders_read == 40
    return ended


class Dying:
    """A program whose process dies at one of its commits."""

    def __init__(self, world: World, place: int, *, after: bool) -> None:
        self._left, self._after, self._real = place, after, world.runtime.database
        self.runtime = replace(world.runtime, database=self)  # type: ignore[arg-type]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def carry_out(self, work: Any) -> Any:
        """As the real one, but for the commit at which it dies."""
        self._left -= 1
        if self._left != -1:
            return self._real.carry_out(work)
        if self._after:
            self._real.carry_out(work)
        raise Killed


@pytest.mark.parametrize(("bought", "days"), [(150, 2), pytest.param(100_000, 7, marks=pytest.mark.soak)])
def test_a_past_and_a_week(bought: int, days: int, tmp_path: Path) -> None:
    """Installed, throttled, read; a week, or two days of one, in which every third delivery is lost: the tables of one who heard it all."""
    with past(tmp_path, bought=bought) as world:
        world.store.bulk.usual = Outcome(polls=1)
        world.store.weather.chances({Mishap.THROTTLED: 0.1, Mishap.LOST_ANSWER: 0.02}, random.Random(7))
        for _ in range(20):
            # the merchant opens the app until it is installed
            with suppress(ClickException):
                install(world)
        for day in range(days):
            a_day(world, day)
        until_read(world)
        for _ in range(20):
            passes(world, minutes=1)
            world.worker.drain()
        world.store.weather.clear()
        found = tables(world.runtime.database)
        with world.runtime.database.reading() as db:
            counted = reconciliations.get(db, world.shop().shop_id)

        assert found == heard_live(world, tmp_path / "other")
        assert counted is not None
        assert counted.found > 0


def a_day(world: World, day: int) -> None:
    """Six orders, a refund and a cancellation; every third delivery never comes."""
    placed = []
    for hour in range(6):
        passes(world, hours=4)
        who = 7_000_000_000_001 + (day + hour) % 9
        placed.append(world.store.checkout(customer_id=who, total="30.00", at=world.clock.now()).order_id)
        if hour == 3:
            world.store.refund(placed[0], "3.00")
        if hour == 5:
            world.store.cancel(placed[1])
        with world.store.transaction() as connection:
            waiting = deliveries.waiting(connection)
            deliveries.drop(connection, waiting if hour % 3 == 1 else waiting[::3])
        world.postman.deliver()
        world.worker.drain()
