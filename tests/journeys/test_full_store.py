"""A store that takes no more discounts: its offers cost nothing, and somebody is told what to do."""

from __future__ import annotations

from plugin.cli import doctor
from plugin.cli.demo.world import DOMAIN, World
from plugin.platforms.shopify.user_errors import FULL
from storage import budgets
from tests.journeys import people


def test_a_full_store_is_named_with_the_remedy(world: World) -> None:
    """The offer is rejected in its own words, its money is free, the doctor says what to delete, and with room it goes on."""
    program = people.rules(world)
    world.store.most_discounts = 0
    people.buys(world, people.REGULAR)
    world.worker.drain()
    [refused] = people.made(world)
    assert (refused.state, refused.note) == ("rejected", f"EXCEEDED_MAX: {FULL}")
    assert program.limits.monthly_budget
    with world.runtime.database.reading() as db:
        assert budgets.state(db, world.shop().shop_id, str(refused.budget_month)) == (0, 0)
    told = [one.told for one in doctor.examine(world.runtime) if one.about == f"API of {DOMAIN}" and not one.ok]
    assert ["delete old codes under Discounts" in one for one in told] == [True]

    world.store.most_discounts = None
    people.buys(world, people.REGULAR + 1)
    world.worker.drain()
    assert {one.state for one in people.made(world)} == {"rejected", "issued"}
