"""A store with a past installs the app: its orders are read, whatever happens meanwhile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plugin.cli.demo.world import World
from plugin.sandbox import lifecycle
from plugin.sandbox.bulk import Outcome
from plugin.sandbox.weather import Mishap
from plugin.usecases import import_history, import_progress
from storage import orders
from tests.journeys.pasts import heard_live, install, past, state, tables, until_read
from tests.journeys.people import passes


def test_an_install_reads_the_past(tmp_path: Path, lived: dict[str, list[Any]]) -> None:
    """After the install the worker has read every order; the tables are those of one who heard them live, and all are measured."""
    with past(tmp_path) as world:
        install(world)
        world.worker.drain()
        found = state(world)

        assert (found.state, found.orders_read, found.unread, found.limited_to) == ("done", 40, 0, None)
        assert tables(world.runtime.database) == lived
        assert world.shop().model_as_of is not None
        with world.runtime.database.reading() as db:
            assert import_progress.progress(db, found.shop_id, now=world.clock.now()) is None


OUTCOMES = {
    "children anywhere": Outcome(shuffled=True),
    "slow": Outcome(polls=5),
    "every download breaks off": Outcome(breaks_after=20_000, shuffled=True),
    "failed": Outcome(status="FAILED", error_code="TIMEOUT"),
    "failed, a part is there": Outcome(status="FAILED", error_code="INTERNAL_SERVER_ERROR", share=0.6, shuffled=True),
    "cancelled": Outcome(status="CANCELED"),
    "expired": Outcome(status="EXPIRED"),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_whatever_becomes_of_the_operation(name: str, tmp_path: Path, lived: dict[str, list[Any]]) -> None:
    """Slow, disordered, broken off, failed, cancelled: it ends in the same tables."""
    with past(tmp_path) as world:
        world.store.bulk.order(OUTCOMES[name])
        install(world)
        until_read(world)

        assert tables(world.runtime.database) == lived


@pytest.mark.parametrize(
    "mishap", [Mishap.LOST_ANSWER, Mishap.THROTTLED, Mishap.TOO_MANY, Mishap.SERVER_ERROR, Mishap.BAD_GATEWAY]
)
def test_calls_that_fail_are_made_again(mishap: Mishap, tmp_path: Path, lived: dict[str, list[Any]]) -> None:
    """Whichever call it is, and although it was done: an operation that nobody heard of is found and taken up."""
    with past(tmp_path) as world:
        world.store.weather.expect(mishap, mishap, only="RunHistory")
        world.store.weather.expect(mishap, only="LookAtHistory")
        install(world)
        until_read(world)
        with world.store.transaction() as connection:
            begun = connection.execute("SELECT count(*) FROM bulk_operations").fetchone()[0]

        assert begun == 1
        assert tables(world.runtime.database) == lived


def test_what_happens_meanwhile_is_newer(tmp_path: Path) -> None:
    """Orders that change after the file was written are told by webhooks, before or while it is read: the newest holds."""
    with past(tmp_path) as world:
        world.store.bulk.order(Outcome(polls=1))
        install(world)
        world.worker.drain()
        with world.store.transaction() as connection:
            ids = [row[0] for row in connection.execute("SELECT id FROM orders ORDER BY id DESC LIMIT 3")]
        passes(world, seconds=5)
        world.store.cancel(ids[0])
        world.store.refund(ids[1], "2.00")
        world.postman.deliver()
        until_read(world)

        heard = heard_live(world, tmp_path / "other")
        assert tables(world.runtime.database) == heard


def test_a_store_without_a_past_is_read_at_once(world: World) -> None:
    """Two questions, no file, and no night before its time."""
    due = world.shop().nightly_due_at
    world.worker.drain()

    assert (state(world).state, state(world).orders_read) == ("done", 0)
    assert world.shop().nightly_due_at == due


def test_five_others_are_waited_for(tmp_path: Path, lived: dict[str, list[Any]]) -> None:
    """While the store runs as many operations as it may, ours waits, and says so to nobody."""
    with past(tmp_path) as world:
        world.store.bulk.others = 5
        install(world)
        world.worker.drain()
        assert (state(world).state, state(world).trouble) == ("asked", None)
        world.store.bulk.others = 0
        passes(world, seconds=61)
        until_read(world)

        assert tables(world.runtime.database) == lived


def test_an_erased_customer_stays_erased(tmp_path: Path) -> None:
    """Reading the past again brings nobody back whom the store had us forget."""
    with past(tmp_path) as world:
        install(world)
        until_read(world)
        lifecycle.redact_customer(world.store, 7_000_000_000_001)
        world.postman.deliver()
        world.worker.drain()
        with world.runtime.database.transaction() as db:
            import_history.ask(db, world.shop(), now=world.clock.now())
        until_read(world)
        with world.runtime.database.reading() as db:
            known = {order.customer_id for order in orders.with_codes(db, world.shop().shop_id, _ids(world))}

        assert "7000000000001" not in known
        assert "7000000000002" in known


def _ids(world: World) -> list[str]:
    with world.store.transaction() as connection:
        return [str(row[0]) for row in connection.execute("SELECT id FROM orders")]
