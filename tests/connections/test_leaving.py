"""What a store says of leaving is proved; who comes back is the same store, and nothing of before ends it."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from plugin.platforms.line import Line
from plugin.platforms.protocol import NotSent, Unauthorized
from plugin.usecases import leave
from plugin.worker import connection_step
from storage import access, shops
from tests.connections.conftest import World


def _says(world: World, at: datetime) -> bool:
    """The news that the app was removed at this moment comes in."""
    with world.runtime.database.transaction() as db:
        return leave.heard(db, world.shop().shop_id, at, now=world.clock.at)


def test_a_store_that_has_left_is_disconnected(world: World) -> None:
    """Its tokens are dead, which proves it; credentials are gone."""
    world.revoke()
    assert _says(world, world.passes(minutes=1))
    assert connection_step.prove(world.runtime) == 1

    assert (world.shop().state, world.runtime.credentials(world.shop())) == ("uninstalled", None)
    assert connection_step.prove(world.runtime) == 0


def test_a_forged_farewell_changes_nothing(world: World) -> None:
    """Headers are not signed: an old body with a new time is refuted by the store itself."""
    kept = world.credentials()
    assert _says(world, world.passes(minutes=1))
    connection_step.prove(world.runtime)

    assert (world.shop().state, world.credentials()) == ("active", kept)
    assert connection_step.prove(world.runtime) == 0


def test_a_late_farewell_does_not_kill_a_fresh_installation(world: World) -> None:
    """Removed, installed again before the news came, opened: the old news is from before the new grant."""
    before = world.shop()
    left = world.passes(hours=1)
    world.revoke()
    world.passes(minutes=5)
    with pytest.raises(Unauthorized):
        world.runtime.open_platform(before).store_info()
    with world.runtime.database.transaction() as db:
        access.lose(db, before.shop_id, "the store does not know the token", world.clock.at)
    world.install()
    assert not _says(world, left)
    connection_step.prove(world.runtime)

    after = world.shop()
    assert (after.state, after.trouble, after.shop_id, after.generation) == ("active", None, before.shop_id, 1)
    assert world.runtime.open_platform(after).store_info().name == "Corner Records"


def test_news_under_way_while_a_visit_lets_us_in_is_late(world: World) -> None:
    """It was written down, and before it was proved the merchant came back: the grant is newer."""
    left = world.passes(hours=1)
    world.revoke()
    assert _says(world, left)
    world.passes(seconds=1)
    with world.runtime.database.transaction() as db:
        access.lose(db, world.shop().shop_id, "dead", world.clock.at)
    world.install()

    assert connection_step.prove(world.runtime) == 0
    assert world.shop().state == "active"


def test_a_store_that_comes_back_is_the_same_store(world: World) -> None:
    """After an uninstall that was believed, the next visit installs it again, in its next generation."""
    before = world.shop()
    world.revoke()
    _says(world, world.passes(minutes=1))
    connection_step.prove(world.runtime)
    world.passes(days=1)
    world.install()

    after = world.shop()
    assert (after.shop_id, after.generation, after.state) == (before.shop_id, 2, "active")


def test_a_store_that_cannot_be_asked_is_asked_again_and_at_last_believed(world: World) -> None:
    """Not at once and not for ever: the waits grow, and after a day its word is taken."""
    unreachable = replace(world.runtime, lines=_no_lines())
    left = world.clock.at
    assert _says(world, left)
    asked = 0
    while world.shop().state == "active":
        asked += connection_step.prove(unreachable)
        world.passes(minutes=10)

    assert timedelta(days=1) <= world.clock.at - left < timedelta(days=1, hours=3)
    assert 20 < asked < 100


def test_opening_the_app_heals_a_store_that_shut_us_out(world: World) -> None:
    """A visit brings a new pair; what the store was paused for is over, what a person paused stays paused."""
    world.revoke()
    world.passes(days=2)
    connection_step.look_after(world.runtime)
    assert world.shop().state == "paused"
    world.install()
    assert (world.shop().state, world.shop().trouble) == ("active", None)

    with world.runtime.database.transaction() as db:
        shops.pause(db, world.shop().shop_id, "paused by hand")
    world.revoke()
    world.passes(days=2)
    connection_step.look_after(world.runtime)
    assert world.shop().access_trouble is not None
    world.install()
    assert (world.shop().state, world.shop().trouble) == ("paused", "paused by hand")
    assert world.runtime.open_platform(world.shop()).store_info()


def test_two_first_visits_at_once_get_one_pair(empty_world: World) -> None:
    """The second finds the store connected: a second exchange would kill the first one's refresh token."""
    world = empty_world
    for _ in range(3):
        world.install()

    assert len(world.pairs()) == 1


def test_a_visit_whose_exchange_fails_can_be_repeated(empty_world: World) -> None:
    """Nothing is connected by halves; the next visit does it."""
    world = empty_world
    lost = replace(world.installer, runtime=replace(world.runtime, lines=_no_lines()))
    with pytest.raises(NotSent):
        lost.by_session(world.store.domain, world.store.id_token())
    assert (world.shop().state, world.shop().generation) == ("uninstalled", 0)
    world.install()
    assert (world.shop().state, world.shop().generation) == ("active", 1)


def _no_lines() -> defaultdict[str, Line]:
    """Ways that lead nowhere: plain http is not spoken on them."""
    return defaultdict(lambda: Line(allow_private_hosts=False, monotonic=lambda: 0.0))
