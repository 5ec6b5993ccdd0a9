"""Money comes free only once the store shows that nobody can use the code any more; each use is booked as it is now."""

import pytest

from plugin.cli.demo.world import World
from plugin.sandbox import lifecycle, meddling
from plugin.sandbox.weather import Mishap
from plugin.usecases import cancel_offers
from storage import budgets, redemptions
from storage.offers import Offer
from tests.journeys import people

MONTH = "2026-03"


def _issued(world: World) -> Offer:
    people.rules(world)
    people.buys(world)
    world.worker.drain()
    return _offer(world)


def _offer(world: World) -> Offer:
    return next(one for one in people.made(world) if one.customer_id == str(people.REGULAR))


def _month(world: World) -> tuple[int, int]:
    with world.runtime.database.reading() as db:
        held = budgets.state(db, world.shop().shop_id, MONTH)
    return held.reserved_minor, held.booked_minor


def test_nothing_is_free_before_the_store_has_answered(world: World) -> None:
    """An offer whose time is over stays open, with its money, as long as the store cannot be asked."""
    offer = _issued(world)
    people.passes(world, days=31)
    world.store.weather.expect(*[Mishap.SERVER_ERROR] * 40, only="FindDiscounts")
    world.worker.drain()
    assert (_offer(world).state, _month(world)[0]) == ("issued", offer.reserved_minor)

    world.store.weather.clear()
    people.passes(world, hours=1)
    world.worker.drain()
    assert (_offer(world).state, _month(world)) == ("expired", (0, 0))


def test_a_quiet_hour_follows_the_end(world: World) -> None:
    """In the hour after the end nothing is closed: the last order may still be on its way."""
    offer = _issued(world)
    world.clock.set(offer.ends_at)
    for minutes, state in ((30, "issued"), (45, "expired")):
        people.passes(world, minutes=minutes)
        world.worker.drain()
        assert _offer(world).state == state


def test_an_end_that_the_merchant_moved_keeps_the_money(world: World) -> None:
    """A code that the store still takes after its end is reported, and its money kept until it is off."""
    offer = _issued(world)
    meddling.change(world.store, str(offer.code), ends_at=None)
    people.passes(world, days=31)
    world.worker.drain()
    after = _offer(world)
    assert (after.state, _month(world)[0]) == ("issued", offer.reserved_minor)
    assert after.note == "its time is over, and the store still shows it as live: its end was changed there"

    meddling.switch_off(world.store, str(offer.code))
    people.passes(world, hours=2)
    world.worker.drain()
    assert (_offer(world).state, _month(world)[0]) == ("expired", 0)


def test_a_use_that_no_order_has_told_of_keeps_the_money(world: World) -> None:
    """The store counts a use, its webhook is late, and asking finds no order: the money waits, and is booked when it comes."""
    offer = _issued(world)
    people.passes(world, days=29)
    world.store.checkout(customer_id=int(offer.customer_id), total="50.00", code=offer.code, at=world.clock.now())
    people.passes(world, days=2)
    world.store.weather.expect(*[Mishap.SERVER_ERROR] * 40, only="ChangedOrders")
    world.worker.drain()
    assert (_offer(world).state, _month(world)[0]) == ("issued", offer.reserved_minor)
    assert _offer(world).note == "the store counts a use, and no order that counts has told of it"

    world.store.weather.clear()
    world.postman.deliver()
    world.worker.drain()
    assert (_offer(world).state, _month(world)) == ("redeemed", (0, 500))


def test_a_test_order_gives_the_money_back_after_a_week(world: World) -> None:
    """A use that never becomes an order that counts holds the money for seven days after the end, not for ever."""
    offer = _issued(world)
    world.store.checkout(
        customer_id=int(offer.customer_id), total="50.00", code=offer.code, at=world.clock.now(), test=True
    )
    world.postman.deliver()
    for days, state in ((32, "issued"), (7, "expired")):
        people.passes(world, days=days)
        world.worker.drain()
        assert _offer(world).state == state
    assert _month(world) == (0, 0)


def test_an_edit_of_the_order_is_booked_anew(world: World) -> None:
    """When an edit makes the discount smaller, larger, or takes the code off, the month's money says so, each time once."""
    offer = _issued(world)
    order = people.buys(world, code=offer.code, total="80.00")
    world.worker.drain()
    assert _month(world) == (0, 800)
    for off, booked in (("5.00", 500), ("9.50", 950), ("9.50", 950), (None, 0), ("3.00", 300)):
        lifecycle.discount_order(world.store, order, code=str(offer.code), off=off)
        world.postman.deliver()
        world.worker.drain()
        assert (_month(world), _offer(world).cost_minor) == ((0, booked), booked)
    with world.runtime.database.reading() as db:
        (use,) = redemptions.of_orders(db, world.shop().shop_id, [str(order)])
    assert (use.discount_minor, use.reversed) == (300, False)


def test_a_second_order_on_one_code_is_stopped(world: World) -> None:
    """A store that lets a code through twice is told of: both uses are booked, the offer says so, the code is switched off."""
    offer = _issued(world)
    people.buys(world, code=offer.code)
    second = people.buys(world, total="60.00")
    lifecycle.discount_order(world.store, second, code=str(offer.code), off="6.00")
    world.postman.deliver()
    world.worker.drain()

    assert (_offer(world).state, _offer(world).note) == ("redeemed", "used more than once")
    assert _month(world) == (sum(one.reserved_minor for one in people.made(world) if one.state == "issued"), 1000)
    (found,) = [one for one in people.all_codes(world) if one.terms.code == offer.code]
    assert found.switched_off


def test_somebody_elses_use_is_told(world: World) -> None:
    """An order of another customer with the code counts, and the offer says that it leaked."""
    offer = _issued(world)
    order = people.buys(world, people.REGULAR + 1, total="60.00")
    lifecycle.discount_order(world.store, order, code=str(offer.code), off="6.00")
    world.postman.deliver()
    world.worker.drain()

    assert (_offer(world).state, _offer(world).note, _month(world)[1]) == ("redeemed", "used by another customer", 600)


@pytest.mark.parametrize("late", [False, True])
def test_a_cancelled_offer_frees_its_money_when_the_code_is_off(world: World, *, late: bool) -> None:
    """Cancelling marks; the code goes off in the store first, then the offer is cancelled and the money free."""
    offer = _issued(world)
    if late:
        world.store.weather.expect(Mishap.TIMEOUT_AFTER, only="DeactivateDiscount")
        world.store.weather.hold_seconds = 0.2
    with world.runtime.database.transaction() as db:
        shop_id = world.shop().shop_id
        assert cancel_offers.cancel_offer(db, shop_id, offer.offer_id, why="by hand", now=world.clock.now())
    assert (_offer(world).unwanted, _offer(world).state, _month(world)[0]) == (True, "issued", offer.reserved_minor)

    for _ in range(3):
        world.worker.drain()
        people.passes(world, minutes=1)
    assert (_offer(world).state, _month(world), people.live_codes(world)) == ("cancelled", (0, 0), [])


def test_a_code_that_may_still_land_finds_its_name_taken(world: World) -> None:
    """Cancelled while nobody knows whether it exists: a discount that is over takes the name, so nothing lands any more."""
    people.rules(world)
    people.buys(world)
    world.store.weather.expect(*[Mishap.SERVER_ERROR] * 3, only="CreateDiscount")
    world.worker.drain()
    offer = _offer(world)
    assert (offer.state, people.all_codes(world)) == ("sending", [])

    with world.runtime.database.transaction() as db:
        cancel_offers.cancel_offers(db, world.shop().shop_id, kind="loyalty", why="by hand", now=world.clock.now())
    world.store.weather.clear()
    for _ in range(4):
        people.passes(world, minutes=10)
        world.worker.drain()

    assert (_offer(world).state, _month(world)) == ("cancelled", (0, 0))
    (tombstone,) = people.all_codes(world)
    assert (tombstone.terms.code, tombstone.status(world.clock.now())) == (offer.code, "EXPIRED")


def test_a_lower_budget_gives_nothing_new_and_nothing_negative(world: World) -> None:
    """With more set aside than a lowered budget allows, no offer is made, open ones stay good, and uses are booked."""
    offer = _issued(world)
    people.rules(world, monthly_budget="5.00")
    people.buys(world, people.REGULAR + 1)
    world.worker.drain()
    assert [one.offer_id for one in people.made(world)] == [offer.offer_id]
    assert _month(world) == (1000, 0)

    people.buys(world, code=offer.code, total="90.00")
    world.worker.drain()
    assert _month(world) == (0, 900)
