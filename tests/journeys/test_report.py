"""The report tells of a store that lives what its tables and its ledger say."""

from __future__ import annotations

from datetime import datetime

from plugin.cli.demo.world import World
from plugin.usecases import report_effect, report_store, tell_habits
from plugin.usecases.report_effect import extra
from plugin.worker import night_step
from storage import budgets, figures, ledger, offers, orders, redemptions
from tests.journeys import people


def test_the_report_agrees_with_tables_and_ledger(world: World) -> None:
    """An offer made, used and followed: orders, cost and the last-touch claim are those of the rows."""
    people.rules(world)
    people.buys(world)
    world.worker.drain()
    (code,) = [offer.code for offer in people.made(world) if offer.code]
    people.passes(world, days=3)
    used = str(people.buys(world, total="60.00", code=code))
    world.worker.drain()
    people.passes(world, days=report_effect.WINDOW_DAYS + 1)
    shop, now = world.shop(), world.clock.now()
    with world.runtime.database.reading() as db:
        told = report_store.report(db, shop, as_of=now)
        (use,) = redemptions.of_orders(db, shop.shop_id, [used])
        order = orders.get(db, shop.shop_id, used)
        month = budgets.state(db, shop.shop_id, "2026-03")
        moves = ledger.of_offer(db, shop.shop_id, use.offer_id)
        made = list(offers.every(db, shop.shop_id))
        assert ledger.disagreements(db, shop.shop_id) == []
    whole = told.effects["all"]

    assert order is not None
    assert told.buying.orders == 2
    assert (whole.treated, whole.held_out, whole.waiting) == (1, 0, 0)
    assert (whole.cost, whole.claimed, whole.claimed_orders) == (use.discount_minor, order.net_minor, 1)
    assert sum(one.made for one in told.given.values()) == len(made)
    assert month.booked_minor == use.discount_minor == sum(move.booked_minor for move in moves)
    assert [move.kind for move in moves] == ["reserve", "book"]
    assert whole.outcomes["revenue"].more is None
    assert whole.extra is None


def test_the_night_tells_the_overview(world: World) -> None:
    """After a night the number of the overview is there, with the last-touch claim beside it."""
    people.rules(world)
    people.buys(world)
    world.worker.drain()
    now = people.passes(world, days=1)
    night_step.measure_shop(world.runtime, world.shop(), as_of=now)
    with world.runtime.database.reading() as db:
        told = extra(db, world.shop().shop_id)

    assert told is not None
    assert told.as_of == now
    assert (told.shows, told.amount, told.claimed) == (False, None, 0)


def test_the_nights_tell_the_habits_once_a_week(world: World) -> None:
    """The page below the overview is a week old at most; the nights between leave it alone."""
    people.rules(world)
    people.buys(world)
    world.worker.drain()
    told = [_habits_of(world)]
    for days in (6, 1):
        now = people.passes(world, days=days)
        night_step.measure_shop(world.runtime, world.shop(), as_of=now)
        told.append(_habits_of(world))

    assert told[0] == told[1] < told[2] <= now


def _habits_of(world: World) -> datetime:
    with world.runtime.database.reading() as db:
        kept = figures.get(db, world.shop().shop_id, tell_habits.NAME)
    assert kept is not None
    return kept.as_of
