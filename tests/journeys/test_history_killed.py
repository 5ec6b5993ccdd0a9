"""Workers that die, deliveries that are lost: a past is read, with nothing missing or twice."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import delete

from plugin.cli.demo.world import World
from plugin.sandbox.bulk import Outcome
from plugin.usecases import import_history
from plugin.worker.history_step import Histories
from plugin.worker.reading import LEASE_SECONDS
from storage import tables as tables_of
from tests.journeys.pasts import install, past, state, tables, until_read
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
