"""What is asked to be forgotten is forgotten, in every table and every file, and stays forgotten."""

from pathlib import Path

from plugin.cli.demo.world import World
from plugin.sandbox import deliveries, lifecycle
from plugin.usecases.disclose import DATA_REQUEST
from storage import disclosure
from tests.journeys import people

CANARY = 8_123_456_789_012_345


def test_no_byte_of_an_erased_customer_is_left(world: World, tmp_path: Path) -> None:
    """After customers/redact, neither database nor log holds the customer's number, and a late delivery changes nothing."""
    people.rules(world)
    people.buys(world)
    people.buys(world, CANARY)
    world.worker.drain()
    with world.store.transaction() as connection:
        late = deliveries.load(connection, deliveries.waiting(connection))
    assert not [letter for letter in late if not letter.topic.startswith("bulk_operations")]
    assert _holds(tmp_path, str(CANARY))

    people.passes(world, days=1)
    world.store.checkout(customer_id=CANARY, total="12.00", at=world.clock.now())
    with world.store.transaction() as connection:
        kept = deliveries.waiting(connection)
        letters = deliveries.load(connection, kept)
        deliveries.drop(connection, kept)
    lifecycle.redact_customer(world.store, CANARY)
    world.postman.deliver()
    world.worker.drain()
    assert not _holds(tmp_path, str(CANARY))

    with world.store.transaction() as connection:
        for letter in letters:
            connection.execute(
                "INSERT INTO deliveries (topic, path, event_id, triggered_at, body) VALUES (?, ?, ?, ?, ?)",
                (letter.topic, letter.path, letter.event_id, letter.triggered_at, letter.body),
            )
    world.postman.deliver()
    world.worker.drain()
    assert not _holds(tmp_path, str(CANARY))
    assert {offer.customer_id for offer in people.made(world)} == {str(people.REGULAR)}


def test_the_code_of_an_erased_customer_is_switched_off(world: World) -> None:
    """Who is forgotten leaves no live code behind in the store."""
    people.rules(world)
    people.buys(world, CANARY)
    world.worker.drain()
    assert people.live_codes(world, CANARY)

    lifecycle.redact_customer(world.store, CANARY)
    world.postman.deliver()
    world.worker.drain()
    people.passes(world, minutes=5)
    world.worker.drain()

    assert not people.live_codes(world, CANARY)


def _holds(folder: Path, text: str) -> bool:
    """Does any file of Regulars' database contain the text? Deliveries are compressed: their words are looked up too."""
    return any(text.encode() in path.read_bytes() for path in folder.glob("regulars.db*"))


def test_a_customer_who_asks_is_told_everything(world: World) -> None:
    """A request for data waits until it is answered, and the answer is all that is kept about the customer."""
    people.rules(world)
    people.buys(world, CANARY)
    world.worker.drain()
    lifecycle.ask_for_data(world.store, CANARY)
    world.postman.deliver()
    world.worker.drain()
    with world.runtime.database.reading() as db:
        shop_id = world.shop().shop_id
        asked = disclosure.waiting(db, shop_id, DATA_REQUEST)
        told = disclosure.everything(db, shop_id, [str(CANARY)])

    assert [request["customer_id"] for request in asked] == [str(CANARY)]
    assert {"orders", "order_lines", "snapshots", "offers", "decisions"} <= told.keys()

    with world.runtime.database.transaction() as db:
        assert disclosure.answered(db, shop_id, DATA_REQUEST, [str(CANARY)], world.clock.now()) == 1
        assert not disclosure.waiting(db, shop_id, DATA_REQUEST)
