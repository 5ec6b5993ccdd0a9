"""One discount for many codes: each is proved before it counts as given, is good once, and goes without the others."""

from __future__ import annotations

from dataclasses import replace

import pytest

from plugin.cli.demo.world import World
from plugin.rewards.parts import InStore
from plugin.sandbox import discounts
from plugin.sandbox.discounts import CodeRefused, Discount
from plugin.usecases import cancel_offers, change_program
from plugin.usecases.spec import POOL, spec_of
from plugin.worker import inbox_step
from storage import figures, offers, programs
from storage.offers import Offer
from tests.journeys import people

SOME = tuple(range(people.REGULAR, people.REGULAR + 5))


def test_offers_of_a_day_share_one_discount(world: World) -> None:
    """Five customers get five codes in one discount; each is issued only once the store shows it."""
    made = _five(world)
    found = [_in_store(world, offer) for offer in made]

    assert {offer.state for offer in made} == {"issued"}
    assert len({offer.code for offer in made}) == 5
    assert len({one.id for one in found}) == 1
    assert all(one.terms.customers is None for one in found)
    assert all(one.terms.usage_limit == 1 for one in found)


def test_a_code_of_many_is_good_once_for_whoever_has_it_and_that_is_seen(world: World) -> None:
    """Another customer may use it, which is written beside the offer; nobody uses it twice; the others stay good."""
    first, second, *_ = _five(world)
    stranger = SOME[-1] + 1
    people.buys(world, stranger, code=first.code)
    with pytest.raises(CodeRefused):
        people.buys(world, SOME[0], code=first.code)
    people.buys(world, int(second.customer_id), code=second.code)
    world.worker.drain()

    assert _now(world, first).state == "redeemed"
    assert "another customer" in str(_now(world, first).note)
    assert (_now(world, second).state, _now(world, second).note) == ("redeemed", None)


@pytest.mark.parametrize("place", range(3))
def test_one_is_cancelled_without_the_others(world: World, place: int) -> None:
    """Its code is taken out and its name taken by a discount that is over, so that nothing late can bring it back."""
    made = _five(world)
    gone = made[place]
    with world.runtime.database.transaction() as db:
        assert cancel_offers.cancel_offer(db, world.shop().shop_id, gone.offer_id, why="a wish", now=world.clock.now())
    for _ in range(3):
        world.worker.drain()
        people.passes(world, minutes=5)
    world.worker.drain()

    assert _now(world, gone).state == "cancelled"
    left = _in_store(world, gone)
    assert left.status(world.clock.now()) == "EXPIRED"
    assert not any(tag.startswith("pool-") for tag in left.terms.tags)
    for other in made:
        if other is not gone:
            assert _now(world, other).state == "issued"
            assert _in_store(world, other).status(world.clock.now()) == "ACTIVE"


def test_an_hour_of_rounds_leaves_a_pool_alone(world: World) -> None:
    """The sweep knows the discount for ours and switches nothing of it off; at its end all its offers are closed."""
    made = _five(world)
    for _ in range(4):
        people.passes(world, hours=1)
        world.worker.drain()
    assert all(_in_store(world, offer).status(world.clock.now()) == "ACTIVE" for offer in made)
    people.passes(world, days=(made[0].ends_at - world.clock.now()).days + 1, hours=3)
    world.worker.drain()

    assert {_now(world, offer).state for offer in made} == {"expired"}
    assert {_now(world, offer).ends_at for offer in made} == {made[0].ends_at}


@pytest.mark.parametrize("used", [None, *range(3)])
def test_a_pool_that_is_over_leaves_the_store_unless_it_was_used(world: World, used: int | None) -> None:
    """A week after its end a pool of unused codes is deleted, and asked about no more; one with a use is the store's record."""
    made = _five(world)
    if used is not None:
        people.buys(world, SOME[0], code=made[used].code)
        world.worker.drain()
    people.passes(world, days=(made[0].ends_at - world.clock.now()).days + 7)
    world.worker.drain()
    assert _is_there(world, made[1])
    for _ in range(3):
        people.passes(world, days=1)
        world.worker.drain()

    assert _is_there(world, made[1]) is (used is not None)
    with world.runtime.database.reading() as db:
        assert figures.named(db, world.shop().shop_id, POOL) == {}


def test_a_code_that_is_somebody_elses_is_not_given(world: World) -> None:
    """Where the store has the name already for another discount, that one offer is rejected, the others are given."""
    _rules(world)
    people.buys(world, SOME[0])
    world.worker.drain()
    [first] = people.made(world)
    people.buys(world, SOME[1])
    people.buys(world, SOME[2])
    taken = _decided(world, SOME[1])
    with world.store.transaction() as connection:
        there = _in_store(world, first, connection)
        terms = replace(there.terms, code=str(taken.code), tags=("theirs",))
        discounts.create(connection, terms, world.clock.now())
    for _ in range(3):
        world.worker.drain()
        people.passes(world, minutes=1)
    world.worker.drain()

    assert _now(world, taken).state == "rejected"
    assert _now(world, first).state == "issued"
    assert _is_in_its_pool(world, first)


def _is_there(world: World, offer: Offer) -> bool:
    with world.store.transaction() as connection:
        return discounts.find(connection, str(offer.code)) is not None


def _is_in_its_pool(world: World, offer: Offer) -> bool:
    """Whether the store has the offer's code in the pool that it asks for."""
    return spec_of(offer).tag in _in_store(world, offer).terms.tags and spec_of(offer).pool


def _rules(world: World) -> None:
    program = replace(people.rules(world), in_store=InStore(pooled=True))
    with world.runtime.database.transaction() as db:
        current = programs.current(db, world.shop().shop_id)
        assert current is not None
        change_program.save(
            db, shop_id=world.shop().shop_id, program=program, author="a test", note="", now=world.clock.now(),
            base_version=current.version,
        )  # fmt: skip


def _five(world: World) -> list[Offer]:
    _rules(world)
    for who in SOME:
        people.buys(world, who)
    for _ in range(3):
        world.worker.drain()
        people.passes(world, minutes=1)
    world.worker.drain()
    return people.made(world)


def _decided(world: World, who: int) -> Offer:
    """The offer of a customer before the store was asked for it."""
    while inbox_step.run(world.runtime):
        pass
    return next(offer for offer in people.made(world) if offer.customer_id == str(who))


def _in_store(world: World, offer: Offer, connection: object = None) -> Discount:
    if connection is not None:
        found = discounts.find(connection, str(offer.code))  # type: ignore[arg-type]
    else:
        with world.store.transaction() as opened:
            found = discounts.find(opened, str(offer.code))
    assert found is not None
    return found


def _now(world: World, offer: Offer) -> Offer:
    with world.runtime.database.reading() as db:
        found = offers.get(db, world.shop().shop_id, offer.offer_id)
    assert found is not None
    return found
