"""A store that knows codes of ours which an old copy of the database does not: nothing is given until a person has looked."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import pytest

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import World, opened
from plugin.pages import attention
from plugin.usecases import freeze, redact_shop, redeem, sweep
from storage import backup, outbox, shops
from tests.journeys import people
from tests.journeys.conftest import BEGIN, free_port

OTHER = people.REGULAR + 1


def test_a_lost_memory_gives_nothing_until_it_is_confirmed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The round finds the code, the shop is held up and the code stays live; confirmed, it is adopted, and not doubled."""
    with forgotten(tmp_path) as (world, code):
        assert compared(world) == [code]
        held = world.shop()
        assert freeze.held(held)
        assert code in (held.trouble or "")
        assert "is held up" in caplog.text
        said = attention.trouble(held)
        assert said is not None
        assert said.critical
        # days later: nobody has looked, so nothing was switched off and nothing given
        people.passes(world, days=2)
        people.buys(world, OTHER)
        world.worker.drain()
        assert (people.made(world), people.live_codes(world, OTHER)) == ([], [])
        assert [one.terms.code for one in people.live_codes(world)] == [code]

        confirmed(world)
        for _ in range(6):
            people.passes(world, minutes=6)
            world.worker.drain()
        assert [one.terms.code for one in people.all_codes(world)] == [code]
        assert code in {one.code for one in people.made(world)}
        assert [one.state for one in people.made(world) if one.code == code] == ["issued"]
        assert len(people.live_codes(world, OTHER)) == 1
        people.passes(world, hours=4)
        world.worker.drain()
        assert [one.terms.code for one in people.live_codes(world)] == [code]
        assert world.shop().state == "active"


def test_an_order_with_a_code_of_ours_that_is_not_known_holds_the_shop_up(tmp_path: Path) -> None:
    """The order itself is taken in, and earns nothing; a merchant's own code, and one from long ago, hold nobody up."""
    with forgotten(tmp_path) as (world, code):
        people.buys(world, OTHER)
        world.worker.drain()
        known = len(people.made(world))
        assert world.shop().state == "active"
        people.buys(world, people.REGULAR, code=code)
        world.worker.drain()
        assert freeze.held(world.shop())
        assert len(people.made(world)) == known
        with world.runtime.database.transaction() as db:
            # a hold is no sign that the store has removed us
            assert not redact_shop.asked(
                db, held_id(world), asked_at=world.clock.now() + redact_shop.AFTER_UNINSTALL * 2, now=world.clock.now()
            )


def test_a_confirmation_speaks_for_a_day(tmp_path: Path) -> None:
    """What the rounds find within a day of it does not hold the shop up again; what comes later does."""
    with forgotten(tmp_path) as (world, code):
        compared(world)
        now = confirmed(world)
        with world.runtime.database.transaction() as db:
            shop = shops.get(db, held_id(world))
            assert not freeze.hold(db, shop, code, at=now + freeze.HOLDS / 2)
            assert freeze.hold(db, shop, code, at=now + freeze.HOLDS)
            # a pause for another reason is not taken for a hold, and its end confirms nothing
            shops.pause(db, shop.shop_id, "paused by hand")
            assert not freeze.confirm(db, shops.get(db, shop.shop_id), now=now)
            assert redeem.Redeemed().held is False


@contextmanager
def forgotten(tmp_path: Path) -> Iterator[tuple[World, str]]:
    """A world put back to before it issued the code that its store has."""
    folder, copy = tmp_path / "world", tmp_path / "copy.db"
    with opened(folder, free_port()) as world:
        world.clock.set(BEGIN)
        Merchant(world).install()
        people.rules(world)
        world.worker.drain()
        backup.copy(world.runtime.database, copy)
        people.passes(world, minutes=5)
        people.buys(world)
        world.worker.drain()
        (before,) = people.live_codes(world)
        at = people.passes(world, minutes=1)
    for path in folder.glob("regulars.db*"):
        path.unlink()
    shutil.copyfile(copy, folder / "regulars.db")
    with opened(folder, free_port()) as world:
        world.clock.set(at)
        yield world, before.terms.code


def compared(world: World) -> list[str]:
    """All discounts of the store are compared, before anything else is asked; the live ones of the customer."""
    store = world.runtime.open_platform(world.shop())
    with world.runtime.database.transaction() as db:
        sweep.begin(db, world.shop(), now=world.clock.now(), whole=True)
        rows = outbox.claim(db, now=world.clock.now(), limit=50, lease_seconds=60)
        asked = [(row, sweep.prepare(db, row, now=world.clock.now())) for row in rows if row.kind == sweep.SWEEP]
        for row, task in asked:
            if task is not None:
                sweep.conclude(db, row, task, sweep.ask(store, task), now=world.clock.now())
    return [one.terms.code for one in people.live_codes(world)]


def confirmed(world: World) -> datetime:
    """A person has looked; when."""
    with world.runtime.database.transaction() as db:
        assert freeze.confirm(db, world.shop(), now=world.clock.now())
    return world.clock.now()


def held_id(world: World) -> int:
    return world.shop().shop_id
