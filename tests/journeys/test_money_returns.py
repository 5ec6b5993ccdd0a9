"""Money set aside for an offer goes back to its month whenever the offer ends without being used."""

from plugin.cli.demo.world import World
from plugin.platforms.protocol import Rejected
from plugin.sandbox import lifecycle
from plugin.usecases import deliver
from plugin.worker import inbox_step, time_step
from storage import budgets, outbox
from tests.journeys import people


def test_the_money_of_an_erased_customer_is_free_again(world: World) -> None:
    """Forgetting a customer with an open offer leaves nothing set aside."""
    people.rules(world)
    people.buys(world)
    world.worker.drain()
    assert _reserved(world) > 0

    lifecycle.redact_customer(world.store, people.REGULAR)
    world.postman.deliver()
    world.worker.drain()

    assert _reserved(world) == 0


def test_an_offer_that_never_got_there_is_closed_after_its_end(world: World) -> None:
    """What nobody knows to be in the store is cancelled once its time is over, and its money is free again."""
    people.rules(world)
    people.buys(world)
    _up_to_the_wire(world)
    with world.runtime.database.transaction() as db:
        outbox.give_up_all(db, world.shop().shop_id, "the app was uninstalled", world.clock.now())
    assert _reserved(world) > 0

    people.passes(world, days=61)
    world.worker.drain()

    assert people.made(world)[0].state == "cancelled"
    assert _reserved(world) == 0


def test_a_no_to_a_second_question_is_in_doubt(world: World) -> None:
    """A refusal after an answer was lost does not close the offer: the first request may have made the code."""
    people.rules(world)
    people.buys(world)
    _up_to_the_wire(world)
    runtime = world.runtime
    people.passes(world, minutes=10)
    with runtime.database.transaction() as db:
        (row,) = outbox.claim(db, now=runtime.now(), limit=1, lease_seconds=60)
        task = deliver.prepare(db, row, now=runtime.now())
        assert task is not None
        assert task.asked_before
        deliver.conclude(db, row, task, deliver.Answer(error=Rejected("no", code="INVALID")), now=runtime.now())

    assert people.made(world)[0].state == "sending"
    assert _reserved(world) > 0


def _up_to_the_wire(world: World) -> None:
    """The offer is planned and claimed, and the worker dies as it asks the store."""
    while inbox_step.run(world.runtime) or time_step.run(world.runtime):
        pass
    runtime = world.runtime
    with runtime.database.transaction() as db:
        (row,) = outbox.claim(db, now=runtime.now(), limit=1, lease_seconds=60)
        assert deliver.prepare(db, row, now=runtime.now()) is not None


def _reserved(world: World) -> int:
    month = f"{world.clock.now():%Y-%m}"
    first = "2026-03"
    with world.runtime.database.reading() as db:
        return sum(budgets.state(db, world.shop().shop_id, name).reserved_minor for name in {month, first})
