"""A delivery that tells only a number: the order is read again from the store."""

from plugin.cli.demo.world import World
from plugin.sandbox import deliveries
from storage import inbox, orders, outbox
from tests.journeys import people


def test_an_edited_order_is_read_again(world: World) -> None:
    """orders/edited names only the order; what the store then says of it is what is kept."""
    people.rules(world)
    number = people.buys(world, total="40.00")
    world.worker.drain()
    people.passes(world, minutes=5)
    world.store.refund(number, "15.00")
    with world.store.transaction() as connection:
        deliveries.drop(connection, deliveries.waiting(connection))
        edited = ("orders/edited", {"order_edit": {"order_id": number, "id": 1}})
        world.store.announce(connection, [edited], world.clock.now())
    world.postman.deliver()
    world.worker.drain()

    with world.runtime.database.reading() as db:
        kept = orders.get(db, world.shop().shop_id, str(number))
        assert inbox.count_aside(db, world.shop().shop_id) == 0
        assert outbox.waiting(db) == 0
    assert kept is not None
    assert kept.net_minor == 2500


def test_a_call_that_only_a_newer_program_knows_stops_nobody(world: World) -> None:
    """An outbox row of an unknown kind waits, and the calls beside it are made."""
    people.rules(world)
    with world.runtime.database.transaction() as db:
        outbox.put(db, world.shop().shop_id, key="new/1", kind="brand_new", payload={}, now=world.clock.now())
    people.buys(world)
    world.worker.drain()

    assert len(people.live_codes(world)) == 1
    with world.runtime.database.reading() as db:
        assert outbox.waiting(db) == 1
