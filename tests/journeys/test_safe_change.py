"""Rules are changed without fear: shadow first, then a share of customers, and an undo that takes its codes along."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from plugin.cli.demo.world import World
from plugin.rewards.program import Program
from plugin.rewards.share import holds_for
from plugin.rewards.stored import from_stored
from plugin.usecases import change_program, make_offers
from storage import budgets, decisions, programs
from tests.journeys import people

MANY = range(people.REGULAR, people.REGULAR + 30)


def save(world: World, program: Program) -> int:
    """Puts a program in force; its version."""
    shop_id = world.shop().shop_id
    with world.runtime.database.transaction() as db:
        current = programs.current(db, shop_id)
        assert current is not None
        return change_program.save(
            db, shop_id=shop_id, program=program, author="a test", note="", now=world.clock.now(),
            base_version=current.version,
        )  # fmt: skip


def test_a_new_shop_gives_nothing_before_the_merchant_says_so(world: World) -> None:
    """The first proposal is in shadow mode: an order is decided about, and no code is made."""
    with world.runtime.database.reading() as db:
        current = programs.current(db, world.shop().shop_id)
    assert current is not None
    assert from_stored(current.body).mode == "shadow"
    people.buys(world)
    world.worker.drain()
    with world.runtime.database.reading() as db:
        decided = decisions.get(db, world.shop().shop_id, str(people.REGULAR))
    assert decided is not None
    assert next(reason["code"] for reason in decided.reasons if not reason["ok"]) == "shadow"
    assert not people.made(world)


def test_a_share_of_customers_gets_the_new_rules(world: World) -> None:
    """They earn 20 %, by the new version; the others earn what the rules before gave, by the version before."""
    before = people.rules(world, monthly_budget="90000")
    doubled = replace(before.loyalty, tiers=(replace(before.loyalty.tiers[0], percent=20),))
    new = replace(before, loyalty=doubled, rollout_percent=40)
    version = save(world, new)
    shop = world.shop()
    name = f"{shop.platform}|{shop.domain}"
    chosen = {str(who) for who in MANY if holds_for(new, shop=name, customer_id=str(who))}
    assert 0 < len(chosen) < len(MANY)
    for who in MANY:
        people.buys(world, who)
    world.worker.drain()

    made = {offer.customer_id: offer for offer in people.made(world)}
    assert {offer.state for offer in made.values()} == {"issued"}
    assert {who: offer.benefit["value"] for who, offer in made.items()} == {
        str(who): 20 if str(who) in chosen else 10 for who in MANY
    }
    assert {offer.program_version for who, offer in made.items() if who in chosen} == {version}
    assert {offer.program_version for who, offer in made.items() if who not in chosen} == {version - 1}


def test_an_undo_can_take_its_codes_along(world: World) -> None:
    """The codes of the undone version are off in the store; those of the version before live on."""
    people.rules(world)
    people.buys(world)
    world.worker.drain()
    with world.runtime.database.reading() as db:
        current = programs.current(db, world.shop().shop_id)
    assert current is not None
    version = save(world, replace(from_stored(current.body), code_prefix="NEW"))
    people.buys(world, people.REGULAR + 1)
    world.worker.drain()
    assert len(people.live_codes(world, people.REGULAR + 1)) == 1

    changed: dict[str, Any] = {"shop_id": world.shop().shop_id, "author": "a test", "now": world.clock.now()}
    with world.runtime.database.transaction() as db:
        change_program.undo(db, **changed, base_version=version, cancel_codes=True)
    people.passes(world, minutes=5)
    world.worker.drain()
    assert people.live_codes(world, people.REGULAR + 1) == []
    assert len(people.live_codes(world, people.REGULAR)) == 1


def test_win_back_writes_to_so_many_a_day(world: World) -> None:
    """Of those who are late on one day two are chosen, then two more on the next, and each once."""
    usual = people.rules(world, monthly_budget="90000")
    timing = replace(usual.win_back.timing, rule="days", days=20)
    save(
        world,
        replace(
            usual,
            loyalty=replace(usual.loyalty, enabled=False),
            win_back=replace(usual.win_back, timing=timing, daily_ramp=2, steps=usual.win_back.steps[:1]),
        ),
    )
    for who in list(MANY)[:5]:
        people.buys(world, who)
    world.worker.drain()
    chosen = []
    people.passes(world, days=20)
    for _ in range(4):
        world.worker.drain()
        chosen.append(len(people.made(world)))
        people.passes(world, days=1)
    assert chosen == [2, 4, 5, 5]


def test_an_order_ends_the_ladder_even_after_the_decision(world: World) -> None:
    """A win-back was decided and not sent yet; the customer buys: no code is made, the money is free again."""
    usual = people.rules(world)
    timing = replace(usual.win_back.timing, rule="days", days=20)
    offer_first = replace(usual.win_back.steps[0], name="offer", percent=10)
    win_back = replace(usual.win_back, timing=timing, steps=(offer_first,))
    save(world, replace(usual, loyalty=replace(usual.loyalty, enabled=False), win_back=win_back))
    people.buys(world)
    world.worker.drain()
    people.passes(world, days=20)
    with world.runtime.database.transaction() as db:
        by = make_offers.issuer(world.runtime.vault, world.runtime.config.environment)
        make_offers.for_customers(db, world.shop(), [str(people.REGULAR)], as_of=world.clock.now(), issuer=by)
    assert [(offer.kind, offer.state) for offer in people.made(world)] == [("win_back", "planned")]

    people.buys(world)
    world.worker.drain()
    (offer,) = people.made(world)
    assert offer.state == "cancelled"
    with world.runtime.database.reading() as db:
        assert budgets.state(db, world.shop().shop_id, f"{world.clock.now():%Y-%m}") == (0, 0)
    assert people.all_codes(world) == []
