"""What the merchant does to our discounts in the store's admin is seen within an hour, told, and respected."""

from decimal import Decimal

import pytest

from plugin.cli import doctor_offers
from plugin.cli.demo.world import World
from plugin.sandbox import meddling
from plugin.usecases import cancel_offers, freeze
from plugin.worker import rounds_step
from storage import budgets, outbox
from storage.offers import Offer
from tests.journeys import people


def _issued(world: World) -> Offer:
    people.rules(world)
    people.buys(world)
    world.worker.drain()
    (offer,) = people.made(world)
    assert (offer.state, len(people.live_codes(world))) == ("issued", 1)
    return offer


def _an_hour_later(world: World, hours: int = 2) -> Offer:
    people.passes(world, hours=hours)
    world.worker.drain()
    return people.made(world)[0]


def _held_and_confirmed(world: World, *, hours: int = 2) -> None:
    """A round finds what nobody here knows and holds the shop up; a person confirms."""
    people.passes(world, hours=hours)
    world.worker.drain()
    with world.runtime.database.transaction() as db:
        assert freeze.confirm(db, world.shop(), now=world.clock.now())


def _reserved(world: World) -> int:
    with world.runtime.database.reading() as db:
        return budgets.state(db, world.shop().shop_id, "2026-03").reserved_minor


@pytest.mark.parametrize(
    ("act", "note"), [("switch_off", "switched off in the store"), ("delete", "deleted in the store")]
)
def test_what_is_gone_is_revoked_and_not_made_again(world: World, act: str, note: str) -> None:
    """A code that the merchant switched off or deleted is revoked, its money free; nobody makes it again."""
    offer = _issued(world)
    getattr(meddling, act)(world.store, offer.code)

    after = _an_hour_later(world)

    assert (after.state, after.note, _reserved(world)) == ("revoked", note, 0)
    _an_hour_later(world, hours=30)
    assert people.live_codes(world) == []


@pytest.mark.parametrize("act", ["switch_off", "delete"])
def test_the_store_tells_at_once(world: World, act: str) -> None:
    """Where the webhook comes, nobody waits for the round; one about another discount changes nothing."""
    offer = _issued(world)
    people.buys(world, people.REGULAR + 1)
    world.worker.drain()
    getattr(meddling, act)(world.store, offer.code)
    world.postman.deliver()
    world.worker.drain()

    assert {one.state for one in people.made(world) if one.offer_id == offer.offer_id} == {"revoked"}
    assert {one.state for one in people.made(world) if one.offer_id != offer.offer_id} == {"issued"}


def test_an_edit_is_noted_and_left_alone(world: World) -> None:
    """Terms that the merchant changed stand beside the offer; the store's discount stays as the merchant made it."""
    offer = _issued(world)
    meddling.change(world.store, str(offer.code), fraction=Decimal("0.5"), minimum_subtotal=Decimal(5))

    after = _an_hour_later(world)

    assert (after.state, after.note) == ("issued", "changed in the store: percent, minimum")
    assert people.live_codes(world)[0].terms.fraction == Decimal("0.5")


def test_what_was_cancelled_and_is_live_again_is_reported(world: World) -> None:
    """A cancelled code is switched off once more by the round; when it comes back again, it is the merchant's wish."""
    offer = _issued(world)
    with world.runtime.database.transaction() as db:
        cancel_offers.cancel_offer(db, world.shop().shop_id, offer.offer_id, why="a test", now=world.clock.now())
    world.worker.drain()
    assert (people.made(world)[0].state, people.live_codes(world)) == ("cancelled", [])

    meddling.switch_on(world.store, str(offer.code))
    _an_hour_later(world)
    assert people.live_codes(world) == []

    meddling.switch_on(world.store, str(offer.code))
    after = _an_hour_later(world)
    assert (after.state, after.note) == ("cancelled", "over for us, and switched on again in the store")
    assert len(people.live_codes(world)) == 1


def test_a_code_of_ours_that_nobody_knows_is_switched_off(world: World) -> None:
    """After a loss of our rows, once confirmed, a code has the chance to be decided again, then it goes; none is made."""
    offer = _issued(world)
    _forget(world, offer)

    _held_and_confirmed(world)
    _an_hour_later(world, hours=1)
    assert len(people.all_codes(world)) == 1
    assert people.made(world)[0].offer_id == offer.offer_id
    assert people.made(world)[0].state == "issued"

    _forget(world, offer)
    rules = people.rules(world, monthly_budget="0")
    assert rules.limits.monthly_budget == 0
    _held_and_confirmed(world, hours=20)
    for hours in (1, 3):
        assert len(people.live_codes(world)) == 1
        people.passes(world, hours=hours)
        world.worker.drain()
    assert (people.made(world), people.live_codes(world)) == ([], [])


def test_a_round_writes_nothing_where_all_is_well(world: World) -> None:
    """What is as it was asked for is looked at hour by hour and left as it is."""
    before = _issued(world)
    for _ in range(4):
        assert _an_hour_later(world, hours=1) == before
    assert len(people.all_codes(world)) == 1


def test_a_round_is_begun_once_and_goes_on_after_a_crash(world: World) -> None:
    """An hour has one round, however many workers begin it; one that dies between two steps is taken over."""
    offer = _issued(world)
    meddling.delete(world.store, str(offer.code))
    people.passes(world, hours=2)
    assert rounds_step.begin(world.runtime) == 1
    assert rounds_step.begin(world.runtime) == 0
    with world.runtime.database.transaction() as db:
        assert len(outbox.claim(db, now=world.clock.now(), limit=9, lease_seconds=60)) == 2  # both parts

    people.passes(world, minutes=5)
    world.worker.drain()

    assert people.made(world)[0].state == "revoked"


def _forget(world: World, offer: Offer) -> None:
    """As after a restore of a copy that is older than the offer."""
    shop_id = world.shop().shop_id
    with world.runtime.database.transaction() as db:
        for table in ("offers", "outbox"):
            db.exec_driver_sql(f"DELETE FROM {table} WHERE shop_id = {shop_id}")  # noqa: S608 (own names only)
    assert offer not in people.made(world)


def test_the_operator_is_told(world: World) -> None:
    """A budget lowered under what is set aside, and codes that nobody here knew, each have their line."""
    offer = _issued(world)
    assert _told(world) == []
    people.rules(world, monthly_budget="5.00")
    said = "10.00 USD are set aside or spent in 2026-03, the budget was lowered to 5.00 USD; no new offers until that is over"
    assert _told(world) == [(f"budget of {world.shop().domain}", True, said)]
    people.rules(world, monthly_budget="0")
    _forget(world, offer)
    _held_and_confirmed(world)
    people.passes(world, hours=3)
    world.worker.drain()
    assert [(about, well) for about, well, _ in _told(world)][-1] == (f"codes of {world.shop().domain}", False)


def _told(world: World) -> list[tuple[str, bool, str]]:
    with world.runtime.database.reading() as db:
        return list(doctor_offers.findings(db, world.shop(), world.clock.now()))
