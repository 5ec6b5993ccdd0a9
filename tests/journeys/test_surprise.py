"""A surprise comes by lot, once a month, from money of its own, and as a code like any other."""

from __future__ import annotations

from dataclasses import replace

from plugin.cli.demo.world import World
from plugin.rewards.program import Gift, Surprise
from plugin.usecases import change_program
from plugin.usecases.purses import account_of
from storage import budgets, programs
from tests.journeys import people


def test_a_drawn_customer_gets_one_gift_a_month(world: World) -> None:
    """With a lot for everyone: one code by the end of the month, the surprises' money set aside, the rules' untouched."""
    usual = people.rules(world)
    surprise = Surprise(
        enabled=True, pool="everyone", odds_percent=100, monthly_budget=90_000, gifts=(Gift(percent=20, weight=1),)
    )
    quiet = replace(usual, loyalty=replace(usual.loyalty, enabled=False), surprise=surprise)
    quiet = replace(quiet, win_back=replace(quiet.win_back, enabled=False))
    shop_id = world.shop().shop_id
    with world.runtime.database.transaction() as db:
        current = programs.current(db, shop_id)
        assert current is not None
        change_program.save(
            db, shop_id=shop_id, program=quiet, author="a test", note="", now=world.clock.now(),
            base_version=current.version,
        )  # fmt: skip
    month = f"{world.clock.now():%Y-%m}"
    people.buys(world)
    world.worker.drain()
    for _ in range(28):
        people.passes(world, days=1)
        world.worker.drain()
    made = people.made(world)
    (offer,) = [offer for offer in made if offer.cycle == f"month:{month}"]
    assert (offer.kind, offer.state, offer.benefit["value"]) == ("surprise", "issued", 20)
    assert len(people.live_codes(world)) == 1
    with world.runtime.database.reading() as db:
        assert budgets.state(db, shop_id, account_of("surprise", month)) == (offer.reserved_minor, 0)
        assert budgets.state(db, shop_id, month) == (0, 0)
