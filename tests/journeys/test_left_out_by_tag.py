"""A merchant marks customers in the store, and the rules leave them out."""

from plugin.cli.demo.world import World
from plugin.sandbox import deliveries, lifecycle
from plugin.usecases import erase
from storage import customers, decisions, inbox, outbox
from tests.journeys import people


def _main_reason(world: World, who: int = people.REGULAR) -> str:
    with world.runtime.database.reading() as db:
        kept = decisions.get(db, world.shop().shop_id, str(who))
    assert kept is not None
    return next((reason["code"] for reason in kept.reasons if not reason["ok"]), "")


def _known(world: World) -> dict[str, tuple[str, ...]]:
    with world.runtime.database.reading() as db:
        return customers.tags(db, world.shop().shop_id, [str(people.REGULAR)])


def test_who_was_marked_before_gets_nothing(world: World) -> None:
    """No message told the tag; it is read before the first offer is made, and the offer is not made."""
    people.rules(world, leave_out_tags=["Wholesale"])
    world.store.add_customer(people.REGULAR, "Ada Tester")
    lifecycle.tag_customer(world.store, people.REGULAR, add=["wholesale"])
    with world.store.transaction() as connection:
        deliveries.drop(connection, deliveries.waiting(connection))
    people.buys(world)
    world.worker.drain()

    assert people.made(world) == []
    assert people.all_codes(world) == []
    assert _main_reason(world) == "left_out_by_tag"
    people.buys(world, people.REGULAR + 1)
    world.worker.drain()
    assert len(people.live_codes(world, people.REGULAR + 1)) == 1


def test_the_tag_comes_and_goes(world: World) -> None:
    """A tag that is put on stops offers at once, one that is taken off lets them be made; in whatever order it is told."""
    people.rules(world, leave_out_tags=["staff"], wait_days=7)
    people.buys(world)
    world.worker.drain()
    assert len(people.live_codes(world)) == 1
    lifecycle.tag_customer(world.store, people.REGULAR, add=["Staff"])
    people.passes(world, days=40)
    people.buys(world)
    world.worker.drain()
    assert (len(people.all_codes(world)), _main_reason(world)) == (1, "left_out_by_tag")

    lifecycle.tag_customer(world.store, people.REGULAR, remove=["staff"])
    lifecycle.tag_customer(world.store, people.REGULAR, add=["friend"])
    world.postman.deliver()
    world.worker.drain()
    assert _known(world) == {str(people.REGULAR): ("friend",)}
    assert len(people.all_codes(world)) == 2


def test_rules_without_tags_keep_none(world: World) -> None:
    """Where no rule asks for tags nothing of them is read or kept."""
    people.rules(world)
    people.buys(world)
    lifecycle.tag_customer(world.store, people.REGULAR, add=["Staff"])
    world.postman.deliver()
    world.worker.drain()

    assert _known(world) == {}
    with world.runtime.database.reading() as db:
        assert (outbox.waiting(db), inbox.count_aside(db, world.shop().shop_id)) == (0, 0)


def test_an_answer_about_an_erased_customer_is_not_kept(world: World) -> None:
    """Who was erased while the tags were asked for stays unknown, whatever is told of them afterwards."""
    people.rules(world, leave_out_tags=["staff"])
    people.buys(world)
    world.worker.drain()
    with world.runtime.database.transaction() as db:
        erase.customer(db, world.shop().shop_id, str(people.REGULAR), now=world.clock.now(), vault=world.runtime.vault)
    lifecycle.tag_customer(world.store, people.REGULAR, add=["Staff"])
    world.postman.deliver()
    world.worker.drain()
    assert _known(world) == {}
