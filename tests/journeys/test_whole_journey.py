"""One store from its past to its erasure: each part of the way ends in the state that the laws demand."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from click import ClickException

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import DOMAIN, World
from plugin.sandbox import deliveries, lifecycle
from plugin.sandbox.bulk import Outcome
from plugin.sandbox.weather import Mishap
from storage import orders, outbox, reconciliations, shops
from storage.offers import OPEN
from tests.journeys.pasts import PEOPLE, heard_live, install, past, state, tables, until_read
from tests.journeys.people import all_codes, live_codes, made, passes, rules
from tests.storage.dumps import dump


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
    _opened_until(world, lambda: install(world), 1)
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
    people = sorted({*PEOPLE, *(int(one.customer_id) for one in offers.values())})
    codes = [(who, one.terms.code) for who in people for one in all_codes(world, who)]
    assert offers
    assert len(set(codes)) == len(codes)
    assert all(offers[code].customer_id == str(who) for who, code in codes)
    wanted = [one for one in offers.values() if one.state in OPEN and not one.unwanted]
    assert max(Counter((one.customer_id, one.kind) for one in wanted).values(), default=0) <= 1
    live = {one.terms.code for who in people for one in live_codes(world, who)}
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
    _opened_until(world, lambda: Merchant(world)._api("GET", "/api/v1/program"), 2)
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


def _opened_until(world: World, visit: Callable[[], object], generation: int) -> None:
    """The merchant opens the app, and again half a minute later where the store asked to wait or gave no answer."""
    for _ in range(40):
        with suppress(ClickException):
            visit()
        passes(world, seconds=30)
        with world.runtime.database.reading() as db:
            found = shops.find(db, platform="shopify", domain=DOMAIN)
        if found is not None and (found.state, found.generation) == ("active", generation):
            return
    raise AssertionError("the store never let the app in")


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
        _settles(world)


def _minutes(world: World, count: int) -> None:
    for _ in range(count):
        passes(world, minutes=1)
        _settles(world)


def _settles(world: World) -> None:
    """The worker works, and time passes, while calls wait that are to be made again within the minute."""
    for _ in range(200):
        world.worker.drain()
        with world.runtime.database.reading() as db:
            if not outbox.due(db, world.clock.now() + timedelta(minutes=1)):
                return
        passes(world, seconds=20)
    raise AssertionError("the store never let all calls through")


def _loses(world: World) -> None:
    """Whatever is on its way never arrives."""
    with world.store.transaction() as connection:
        deliveries.drop(connection, deliveries.waiting(connection))
