"""One store from its past to its erasure: each part of the way ends in the state that the laws demand."""

from __future__ import annotations

import random
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from click import ClickException

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import World
from plugin.sandbox import deliveries, lifecycle
from plugin.sandbox.bulk import Outcome
from plugin.sandbox.weather import Mishap
from storage import orders, reconciliations, shops
from storage.offers import OPEN
from tests.journeys.pasts import heard_live, install, past, state, tables, until_read
from tests.journeys.people import all_codes, live_codes, made, passes, rules
from tests.storage.dumps import dump

#: who buys, in the past and since; the first is forgotten in the end
PEOPLE = [7_000_000_000_001 + number for number in range(9)]


@pytest.mark.parametrize(
    ("bought", "days"),
    [(110, 1), pytest.param(100_000, 7, marks=(pytest.mark.soak, pytest.mark.timeout(7200)))],
)
def test_from_a_past_to_the_erasure(bought: int, days: int, tmp_path: Path) -> None:
    """Installed, read, throttled, a third of the post lost, removed, installed again, a customer and the shop forgotten."""
    with past(tmp_path, bought=bought) as world:
        is_installed_and_read(world)
        assert state(world).orders_read == bought
        lives(world, days)
        every_reason_has_one_code(world)
        leaves_and_comes_back(world)
        every_reason_has_one_code(world)
        assert tables(world.runtime.database) == heard_live(world, tmp_path / "other")
        forgets_a_customer(world)
        forgets_the_shop(world, tmp_path)


def is_installed_and_read(world: World) -> None:
    """The store throttles and loses answers from the first question on."""
    world.store.bulk.usual = Outcome(polls=1, shuffled=True)
    world.store.weather.chances({Mishap.THROTTLED: 0.1, Mishap.LOST_ANSWER: 0.02}, random.Random(7))
    for _ in range(20):
        # the merchant opens the app until it is installed
        with suppress(ClickException):
            install(world)
    until_read(world)
    rules(world)


def lives(world: World, days: int) -> None:
    """Days under rules in force; what was lost of them is found."""
    for day in range(days):
        _a_day(world, day)
    _minutes(world, 16)
    with world.runtime.database.reading() as db:
        counted = reconciliations.get(db, world.shop().shop_id)
    assert counted is not None
    assert counted.found > 0


def every_reason_has_one_code(world: World) -> None:
    """Each code of the store is of one offer and bound to its customer; nobody has two open ones of a kind, and dead reasons have no live code."""
    offers = {one.code: one for one in made(world) if one.code is not None}
    codes = [(who, one.terms.code) for who in PEOPLE for one in all_codes(world, who)]
    assert offers
    assert len(set(codes)) == len(codes)
    assert all(offers[code].customer_id == str(who) for who, code in codes)
    wanted = [one for one in offers.values() if one.state in OPEN and not one.unwanted]
    assert max(Counter((one.customer_id, one.kind) for one in wanted).values(), default=0) <= 1
    live = {one.terms.code for who in PEOPLE for one in live_codes(world, who)}
    assert live == {one.code for one in wanted if one.state == "issued"}


def leaves_and_comes_back(world: World) -> None:
    """Removed, sold to meanwhile, installed again: the offers stand as they were, and the orders between are read."""
    before = {one.offer_id: (one.code, one.customer_id) for one in made(world)}
    lifecycle.uninstall(world.store)
    world.postman.deliver()
    # the store that is asked whether it is true may throttle, too
    _minutes(world, 3)
    assert world.shop().state == "uninstalled"
    passes(world, hours=20)
    for who in PEOPLE[:3]:
        world.store.checkout(customer_id=who, total="25.00", at=world.clock.now())
    _loses(world)
    for _ in range(20):
        with suppress(ClickException):
            Merchant(world)._api("GET", "/api/v1/program")
    until_read(world)
    world.store.weather.clear()
    _minutes(world, 16)
    assert (world.shop().state, world.shop().generation) == ("active", 2)
    assert before.items() <= {one.offer_id: (one.code, one.customer_id) for one in made(world)}.items()


def forgets_a_customer(world: World) -> None:
    """No row of theirs is left, no code works, and asking the store again brings nobody back."""
    gone = PEOPLE[0]
    lifecycle.redact_customer(world.store, gone)
    world.postman.deliver()
    world.worker.drain()
    world.store.checkout(customer_id=gone, total="25.00", at=world.clock.now())
    _loses(world)
    _minutes(world, 16)
    assert live_codes(world, gone) == []
    with world.runtime.database.reading() as db:
        rows = dump(db, world.shop().shop_id)
        known = set(orders.purchases(db, world.shop().shop_id).customer_ids)
    assert not [name for name, found in rows.items() if any(str(gone) in row for row in found)]
    assert str(PEOPLE[1]) in known


def forgets_the_shop(world: World, folder: Path) -> None:
    """Two days after it left no row and no byte of its customers is left."""
    lifecycle.uninstall(world.store)
    world.postman.deliver()
    world.worker.drain()
    shop_id = world.shop().shop_id
    passes(world, hours=48)
    lifecycle.redact_shop(world.store)
    world.postman.deliver()
    world.worker.drain()
    with world.runtime.database.reading() as db:
        assert shops.every(db) == []
        assert not any(dump(db, shop_id).values())
    kept = b"".join(path.read_bytes() for path in folder.glob("regulars.db*"))
    assert not [who for who in PEOPLE if str(who).encode() in kept]


def _a_day(world: World, day: int) -> None:
    """Six orders, a refund and a cancellation; every third delivery never comes."""
    placed = []
    for hour in range(6):
        passes(world, hours=4)
        who = PEOPLE[(day + hour) % len(PEOPLE)]
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


def _minutes(world: World, count: int) -> None:
    for _ in range(count):
        passes(world, minutes=1)
        world.worker.drain()


def _loses(world: World) -> None:
    """Whatever is on its way never arrives."""
    with world.store.transaction() as connection:
        deliveries.drop(connection, deliveries.waiting(connection))
