"""A store removes the app and installs it again: nothing is lost, nothing is given twice."""

from __future__ import annotations

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import World
from plugin.sandbox import deliveries, lifecycle
from tests.journeys.people import REGULAR, all_codes, buys, live_codes, made, passes, rules


def _opens(world: World) -> None:
    """The merchant opens the app from the store's admin."""
    Merchant(world)._api("GET", "/api/v1/program")


def _loses_its_post(world: World) -> None:
    """What the store has to tell comes to nobody, as yet."""
    with world.store.transaction() as connection:
        connection.execute("CREATE TEMP TABLE late AS SELECT * FROM deliveries")
        deliveries.drop(connection, deliveries.waiting(connection))


def _finds_its_post(world: World) -> None:
    with world.store.transaction() as connection:
        connection.execute("INSERT INTO deliveries SELECT * FROM late")
    world.postman.deliver()


def test_a_store_that_comes_back_has_its_codes_and_no_second_ones(world: World) -> None:
    """Issued before, removed, installed again: the offer stands, its code is the one that the store has, and works on."""
    rules(world)
    buys(world)
    world.worker.drain()
    (offer,) = made(world)
    lifecycle.uninstall(world.store)
    passes(world, minutes=1)
    world.postman.deliver()
    world.worker.drain()
    assert world.shop().state == "uninstalled"

    passes(world, days=1)
    _opens(world)
    world.worker.drain()
    assert (world.shop().state, world.shop().generation) == ("active", 2)
    assert [one.code for one in made(world)] == [offer.code] == [one.terms.code for one in all_codes(world)]
    buys(world, REGULAR, "40.00", offer.code)
    world.worker.drain()
    assert [one.state for one in made(world)][:1] == ["redeemed"]


def test_what_was_bought_while_the_news_was_late_is_answered_once(world: World) -> None:
    """Removed and installed again before anybody heard of it; the late news ends nothing, and one order has one code."""
    rules(world)
    lifecycle.uninstall(world.store)
    _loses_its_post(world)
    passes(world, minutes=5)
    buys(world)
    # the old token is dead: calls wait, the store is shut until the merchant looks in
    world.worker.drain()
    assert (world.shop().state, live_codes(world)) == ("paused", [])
    _opens(world)
    passes(world, minutes=30)
    _finds_its_post(world)
    world.worker.drain()

    assert (world.shop().state, world.shop().generation) == ("active", 1)
    assert len(made(world)) == len(live_codes(world)) == len(all_codes(world)) == 1
