"""What no delivery told of is found by asking, within a quarter of an hour, once."""

from __future__ import annotations

from datetime import timedelta

from plugin.cli import doctor
from plugin.cli.demo.world import World
from plugin.platforms.shopify import notices
from plugin.sandbox import deliveries, lifecycle
from plugin.sandbox.weather import Mishap
from plugin.usecases import reconcile
from plugin.worker import outbox_step
from storage import orders, reconciliations
from storage.reconciliations import Reconciliation
from tests.journeys import people
from tests.journeys.test_metrics import scraped


def _lose(world: World) -> None:
    """Whatever is on its way never arrives."""
    with world.store.transaction() as connection:
        deliveries.drop(connection, deliveries.waiting(connection))


def _bought_unheard(world: World, total: str = "40.00") -> int:
    people.buys(world)
    world.worker.drain()
    placed = world.store.checkout(customer_id=people.REGULAR, total=total, at=world.clock.now())
    _lose(world)
    return placed.order_id


def _known(world: World, order_id: int) -> orders.StoredOrder | None:
    with world.runtime.database.reading() as db:
        return orders.get(db, world.shop().shop_id, str(order_id))


def _found(world: World) -> Reconciliation:
    with world.runtime.database.reading() as db:
        kept = reconciliations.get(db, world.shop().shop_id)
    assert kept is not None
    return kept


def _a_while(world: World, minutes: int = 15) -> None:
    """The minutes go by with the worker at work."""
    for _ in range(minutes):
        people.passes(world, minutes=1)
        world.worker.drain()


def test_a_lost_order_is_found_within_a_quarter_of_an_hour(world: World) -> None:
    """Its customer is decided for as if it had been heard, and the figures say that it was lost."""
    people.rules(world)
    lost = _bought_unheard(world, total="250.00")
    assert _known(world, lost) is None
    _a_while(world)

    assert _known(world, lost) is not None
    assert _found(world).found == 1
    assert scraped(world)["regulars_reconciled_orders_total", ""] == 1


def test_a_lost_refund_is_found(world: World) -> None:
    """An order that is known, and changed since without a word, is read again."""
    people.rules(world)
    number = people.buys(world)
    world.worker.drain()
    people.passes(world, minutes=1)
    world.store.refund(number, "15.00")
    _lose(world)
    _a_while(world)

    kept = _known(world, number)
    assert kept is not None
    assert kept.net_minor == 2500


def test_what_was_heard_is_not_read_again(world: World) -> None:
    """Nothing is lost, so nothing is found, and no order is asked for."""
    people.rules(world)
    for _ in range(4):
        people.buys(world)
        _a_while(world, minutes=4)

    assert _found(world).found == 0


def test_what_is_late_is_not_lost_twice(world: World) -> None:
    """A delivery that comes after its order was found changes nothing, and neither does the next round."""
    people.rules(world)
    people.buys(world)
    world.worker.drain()
    placed = world.store.checkout(customer_id=people.REGULAR, total="60.00", at=world.clock.now())
    _a_while(world)
    codes, made = people.all_codes(world), len(people.made(world))
    assert _found(world).found == 1
    world.postman.deliver()
    _a_while(world)

    assert _found(world).found == 1
    assert people.all_codes(world) == codes
    assert len(people.made(world)) == made
    assert _known(world, placed.order_id) is not None


def test_what_waits_here_is_not_taken_for_lost(world: World) -> None:
    """While deliveries wait to be taken in, the store's answer is looked at again later."""
    people.rules(world)
    people.buys(world)
    world.worker.drain()
    _a_while(world, minutes=6)
    placed = world.store.checkout(customer_id=people.REGULAR, total="60.00", at=world.clock.now())
    world.postman.deliver()
    people.passes(world, minutes=10)
    with world.runtime.database.transaction() as db:
        reconcile.begin(db, world.shop(), now=world.clock.now())
    # the calls to the store go first this once
    outbox_step.run(world.runtime, world.worker.pool)
    world.worker.drain()
    _a_while(world)

    assert _known(world, placed.order_id) is not None
    assert _found(world).found == 0


def test_days_of_silence_are_made_up_for(world: World) -> None:
    """After three days without a delivery or a worker everything is found, page by page; a page that fails is asked again."""
    people.rules(world)
    people.buys(world)
    world.worker.drain()
    _a_while(world, minutes=6)
    unheard = []
    for _ in range(7):
        people.passes(world, hours=10)
        unheard.append(world.store.checkout(customer_id=people.REGULAR, total="9.00", at=world.clock.now()).order_id)
    _lose(world)
    world.store.weather.expect(Mishap.SERVER_ERROR, Mishap.THROTTLED, Mishap.TOO_MANY, only="ChangedOrders")
    _a_while(world, minutes=20)

    assert all(_known(world, one) is not None for one in unheard)
    assert _found(world).found == len(unheard)
    assert _found(world).asked_until > world.clock.now() - timedelta(minutes=10)


def test_an_erased_customer_does_not_come_back(world: World) -> None:
    """The order of somebody who was erased is there in the store, and is not taken in."""
    people.rules(world)
    number = people.buys(world)
    world.worker.drain()
    lifecycle.redact_customer(world.store, people.REGULAR)
    world.postman.deliver()
    world.worker.drain()
    people.passes(world, minutes=1)
    with world.store.transaction() as connection:
        connection.execute(
            "UPDATE orders SET updated_at = ?", ((world.clock.now()).strftime("%Y-%m-%dT%H:%M:%S.000000Z"),)
        )
    _a_while(world)

    assert _known(world, number) is None


def test_the_doctor_tells_what_was_lost(world: World) -> None:
    """How many were found, and that nobody asks any more."""
    people.rules(world)
    _bought_unheard(world)
    _a_while(world)
    ok, told = _told(world, "orders of")
    assert ok
    assert "1 change came by no delivery" in told

    people.passes(world, hours=2)
    ok, told = _told(world, "orders of")
    assert not ok
    assert "is a worker running?" in told


def test_the_doctor_tells_what_the_api_announces(world: World) -> None:
    """A version that is retired, noticed by the worker or by the doctor, with the remedy; over after a week."""
    world.runtime.noticed.tell(world.shop().domain, notices.VERSION, "answered by 2027-01, asked was 2026-10")
    world.worker.drain()
    ok, told = _told(world, "API of")
    assert not ok
    assert "update Regulars" in told

    people.passes(world, days=8)
    assert [one for one in doctor.examine(world.runtime) if one.about.startswith("API of")] == []


def _told(world: World, about: str) -> tuple[bool, str]:
    (found,) = [one for one in doctor.examine(world.runtime) if one.about.startswith(about)]
    return found.ok, found.told
