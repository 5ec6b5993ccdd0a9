"""Between the decision and the first request everything is looked at once more; what speaks against it ends the offer."""

from collections.abc import Callable

import pytest
from sqlalchemy import Connection

from plugin.cli.demo.world import World
from plugin.rewards import stored, wire
from plugin.sandbox import lifecycle
from plugin.usecases import cancel_offers, change_program, leave_out
from plugin.worker import inbox_step, time_step
from storage import budgets, outbox, programs, shops
from storage.offers import Offer
from tests.journeys import people

DAYS = {"rule": "days", "days": 20, "gap_multiple_tenths": 15, "quantile_percent": 80}


def _planned(world: World) -> Offer:
    people.rules(world)
    people.buys(world)
    while inbox_step.run(world.runtime) or time_step.run(world.runtime):
        pass
    (offer,) = people.made(world)
    assert offer.state == "planned"
    return offer


def _nothing(_world: World, _db: Connection) -> None:
    """Nothing happens."""


def _leave_out(world: World, db: Connection) -> None:
    leave_out.leave_out(
        db, shop_id=world.shop().shop_id, customer_id=str(people.REGULAR), left_out=True, now=world.clock.now()
    )


def _save(world: World, db: Connection, **changes: object) -> None:
    shop_id = world.shop().shop_id
    current = programs.current(db, shop_id)
    assert current is not None
    body = wire.to_wire(stored.from_stored(current.body))
    for path, value in changes.items():
        part, _, name = path.partition("__")
        if name:
            body[part][name] = value
        else:
            body[part] = value
    change_program.save(
        db, shop_id=shop_id, program=wire.from_wire(body), author="a test", note="", now=world.clock.now(),
        base_version=current.version,
    )  # fmt: skip


def _tagged(tag: str) -> Callable[[World, Connection], None]:
    def happens(world: World, db: Connection) -> None:
        lifecycle.tag_customer(world.store, people.REGULAR, add=[tag])
        _save(world, db, limits__leave_out_tags=["wholesale", "staff"])

    return happens


def _cancel(world: World, db: Connection) -> None:
    cancel_offers.cancel_offers(db, world.shop().shop_id, version=2, why="undone", now=world.clock.now())


WHAT: dict[str, tuple[Callable[[World, Connection], None], str]] = {
    "nothing": (_nothing, "issued"),
    "left out": (_leave_out, "cancelled"),
    "a trial run": (lambda world, db: _save(world, db, mode="shadow"), "cancelled"),
    "the rule is off": (lambda world, db: _save(world, db, loyalty__enabled=False), "cancelled"),
    "another percentage": (lambda world, db: _save(world, db, limits__highest_percent=7), "cancelled"),
    "a change elsewhere": (lambda world, db: _save(world, db, win_back__sunset_days=99), "issued"),
    "a tag to leave out": (_tagged("Staff"), "cancelled"),
    "another tag": (_tagged("friend"), "issued"),
    "cancelled": (_cancel, "cancelled"),
}


@pytest.mark.parametrize("what", WHAT)
def test_what_speaks_against_an_offer_ends_it_unsent(world: World, what: str) -> None:
    """The store never hears of an offer that is not wanted any more; its money is free; another change stops nothing."""
    offer = _planned(world)
    happens, state = WHAT[what]
    with world.runtime.database.transaction() as db:
        happens(world, db)
    world.worker.drain()
    # what had to be asked first is sent after a while
    people.passes(world, minutes=1)
    world.worker.drain()

    after = people.made(world)[0]
    with world.runtime.database.reading() as db:
        reserved = budgets.state(db, world.shop().shop_id, str(offer.budget_month)).reserved_minor
    assert (after.offer_id, after.state) == (offer.offer_id, state)
    assert (len(people.all_codes(world)), reserved) == ((1, offer.reserved_minor) if state == "issued" else (0, 0))


def test_an_order_since_ends_a_win_back(world: World) -> None:
    """Whoever has bought since the decision is not won back: seen in the transaction that would have asked the store."""
    people.rules(world, wait_days=7)
    with world.runtime.database.transaction() as db:
        _save(world, db, win_back__timing=DAYS)
    people.buys(world)
    world.worker.drain()
    for _ in range(60):
        people.passes(world, days=3)
        while inbox_step.run(world.runtime) or time_step.run(world.runtime):
            pass
        waiting = [one for one in people.made(world) if one.state == "planned" and one.kind == "win_back"]
        if waiting:
            break
        world.worker.drain()
    (offer,) = waiting
    before = len(people.all_codes(world))
    people.buys(world)
    while inbox_step.run(world.runtime):
        pass
    world.worker.drain()

    after = next(one for one in people.made(world) if one.offer_id == offer.offer_id)
    assert (after.state, after.note) == ("cancelled", "called off before it was sent: the customer has ordered since")
    assert offer.code not in {one.terms.code for one in people.all_codes(world)}
    assert len(people.all_codes(world)) <= before + 1


def test_a_paused_shop_sends_nothing(world: World) -> None:
    """While the shop is paused the call waits; after it the offer goes out."""
    _planned(world)
    with world.runtime.database.transaction() as db:
        shops.pause(db, world.shop().shop_id, None)
    world.worker.drain()
    assert people.all_codes(world) == []

    with world.runtime.database.transaction() as db:
        shops.resume(db, world.shop().shop_id)
        assert outbox.waiting(db) == 1
    world.worker.drain()
    assert people.made(world)[0].state == "issued"


def test_another_currency_pauses_offers_until_the_rules_are_in_it(world: World) -> None:
    """A store that changes its currency gets no offers, is told why, and gets them again with rules in its currency."""
    offer = _planned(world)
    people.passes(world, minutes=1)
    lifecycle.change_shop(world.store, currency="EUR")
    world.postman.deliver()
    world.worker.drain()
    shop = world.shop()
    assert (shop.state, people.all_codes(world)) == ("paused", [])
    assert shop.trouble == (
        "The store's currency is now EUR, its rules are in USD. No offers are made until rules in EUR are saved."
    )

    people.buys(world, people.REGULAR + 1)
    with world.runtime.database.transaction() as db:
        # even a merchant who resumes by hand gives nothing away in the wrong currency
        shops.resume(db, shop.shop_id)
    world.worker.drain()
    assert [(one.offer_id, one.state) for one in people.made(world)] == [(offer.offer_id, "cancelled")]

    with world.runtime.database.transaction() as db:
        shops.pause(db, shop.shop_id, shop.trouble)
        _save(world, db, currency="EUR")
    assert (world.shop().state, world.shop().trouble) == ("active", None)
    people.buys(world, people.REGULAR + 2)
    world.worker.drain()
    assert {one.state for one in people.made(world) if one.currency == "EUR"} == {"issued"}
