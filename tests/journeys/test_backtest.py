"""The replay of the past against what was really decided, in a store that has lived through weeks of real purchases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from plugin.cli.demo.live import days_of
from plugin.cli.demo.shopify import ShopifyLife
from plugin.cli.demo.stage import TIMEZONE
from plugin.cli.demo.world import World, opened
from plugin.rewards import stored, wire
from plugin.rewards.program import Program
from plugin.sandbox.history import purchases
from plugin.usecases import change_program
from plugin.usecases.backtest.check import Compared, against_the_books
from storage import budgets, programs
from tests.journeys.conftest import free_port

DAYS, WINDOW = 40, timedelta(days=30)
LAST_DAY = date(2026, 11, 19)
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
#: of the customers of the history, so that the test is quick
ONE_IN = 8
#: so that the months run out
BUDGET = "60.00"


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A store seven weeks after Regulars was installed; its merchant has changed the rules on the third day and half-way."""
    directory: Path = tmp_path_factory.mktemp("lived")
    with opened(directory, free_port()) as world:
        bought = [one for one in purchases(ends_on=LAST_DAY, zone=TIMEZONE) if one.customer_number % ONE_IN == 0]
        life, span = ShopifyLife(world, directory, bought, stop_at=NOW), days_of(LAST_DAY, DAYS)
        life.begin(span[0])
        # the rules are saved here, and not by the demo's merchant
        life.merchant.decided = True
        life.live(span[:3], lambda _days: None)
        _save(world, order_guard="60.00")
        life.live(span[: DAYS // 2], lambda _days: None)
        _save(world, monthly_budget=BUDGET, wait_days=40)
        life.live(span, lambda _days: None)
        world.clock.set(NOW)
        yield world


def test_the_rules_in_force_make_the_offers_that_were_made(lived: World) -> None:
    """Offer for offer: customer, rule, turn, step, what it gives, the instant, and whether the control group missed it."""
    told = _compared(lived, since=NOW - WINDOW)
    gave = [one for one in told.really if one.gives[0] != "none"]

    assert told.replayed == told.really
    assert {one.held_out for one in gave} == {True, False}
    assert {one.rule.partition("/")[0] for one in gave} == {"loyalty", "win_back"}


def test_so_they_do_from_the_first_day_on(lived: World) -> None:
    """Through the import, the first proposal and every change of the rules."""
    told = _compared(lived, since=NOW - timedelta(days=DAYS + 1))

    assert told.replayed == told.really
    assert len(told.really) > len(_compared(lived, since=NOW - WINDOW).really)


def test_the_money_of_the_months_was_short(lived: World) -> None:
    """The equality above holds in months whose budget ran out, where one offer more or less moves all others."""
    with lived.runtime.database.reading() as db:
        held = budgets.state(db, lived.shop().shop_id, "2026-11")
        current = programs.current(db, lived.shop().shop_id)
    assert current is not None
    limits = stored.from_stored(current.body).limits

    assert held.reserved_minor + held.booked_minor + limits.order_guard // 10 > limits.monthly_budget


def test_other_rules_make_other_offers(lived: World) -> None:
    """From the day on which they would have been saved, and what was really made before stays as it was."""
    with lived.runtime.database.reading() as db:
        current = programs.current(db, lived.shop().shop_id)
    assert current is not None
    saved = stored.from_stored(current.body)
    steps = tuple(replace(step, percent=step.percent and step.percent + 2) for step in saved.win_back.steps)
    told = _compared(lived, since=NOW - WINDOW, instead=replace(saved, win_back=replace(saved.win_back, steps=steps)))

    assert told.replayed != told.really
    assert {one.gives for one in told.replayed} != {one.gives for one in told.really}
    assert min(one.created_at for one in told.replayed) > NOW - WINDOW


def _compared(world: World, *, since: datetime, instead: Program | None = None) -> Compared:
    with world.runtime.database.reading() as db:
        told = against_the_books(db, world.shop(), since=since, now=NOW, instead=instead)
    assert told is not None
    return told


def _save(world: World, **limits: object) -> None:
    shop = world.shop()
    with world.runtime.database.transaction() as db:
        current = programs.current(db, shop.shop_id)
        assert current is not None
        body = wire.to_wire(stored.from_stored(current.body))
        body["limits"] |= limits
        body["mode"], body["win_back"]["enabled"] = "live", True
        change_program.save(
            db,
            shop_id=shop.shop_id,
            program=wire.from_wire(body),
            author="a merchant",
            note="",
            now=world.clock.now(),
            base_version=current.version,
        )
