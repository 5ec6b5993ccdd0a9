"""The preview of changed rules: the real decisions over the past, and what it says when it cannot say anything."""

from __future__ import annotations

import copy
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bs4 import BeautifulSoup

from plugin.rewards.program import Program
from plugin.rewards.stored import from_stored
from plugin.signals.model import StoreModel
from plugin.usecases import measure, preview
from plugin.usecases.preview_replay import LEAD, YEAR, Past, replay
from storage import programs, shops
from storage.columns import to_micros
from tests.pages.world import NOW, Visit, World


@pytest.fixture
def store(world: World) -> Past:
    """The past of the world."""
    with world.runtime.database.reading() as db:
        found = preview.past(db, world.shop, now=NOW)
    assert found is not None
    return found


@pytest.fixture
def program(world: World) -> Program:
    """The rules in force, which are live and have win-back on."""
    with world.runtime.database.reading() as db:
        stored = programs.current(db, world.shop.shop_id)
    assert stored is not None
    return from_stored(stored.body)


@pytest.mark.parametrize("days", [5, 77, 300])
def test_what_is_known_after_an_order_is_what_was_known_on_that_day(world: World, store: Past, days: int) -> None:
    """Measured as of any day of the year, every customer of the sample has the rhythm that the replay works with."""
    at = NOW - timedelta(days=days)
    with world.runtime.database.reading() as db:
        kept = shops.model(db, world.shop.shop_id)
        assert kept is not None
        people = [shopper.customer_id for shopper in store.shoppers]
        seen = measure.compute(db, world.shop, people, as_of=at, model=StoreModel.from_json(kept))
    columns = measure.snapshot_columns(seen, None)
    measured = dict(zip(columns["customer_id"], columns["late_at"], strict=True))
    replayed = {
        shopper.customer_id: known[-1].late_at for shopper in store.shoppers
        if (known := [turn for turn in shopper.turns if turn.at <= at])
    }  # fmt: skip

    assert {who: moment and to_micros(moment) for who, moment in replayed.items()} == measured


def test_equal_rules_are_the_same_twice(store: Past, program: Program) -> None:
    """Nothing differs, and a replay is a function of its past and its rules."""
    one, two = replay(store, program), replay(store, program)
    found = preview.compare(store, (program, one), (program, two))

    assert one == two
    assert (found.moved, list(found.changes)) == (0, [])
    assert sum(row.changed for row in found.tiers) == len(store.spends)
    assert sum(one.by_month.values()) == sum(one.by_kind.values()) > 0


def test_rules_that_are_off_give_nothing(store: Past, program: Program) -> None:
    """No offers, no cost, no share of anything."""
    loyalty, win_back = replace(program.loyalty, enabled=False), replace(program.win_back, enabled=False)
    off = replay(store, replace(program, loyalty=loyalty, win_back=win_back))

    assert (off.cost_a_month, off.worst_a_month, dict(off.by_kind), dict(off.came_back)) == (0, 0, {}, {})


def test_a_trial_run_is_shown_as_what_it_would_do_live(store: Past, program: Program) -> None:
    """The mode is not what the preview is about."""
    assert replay(store, replace(program, mode="shadow")) == replay(store, program)


def test_a_small_budget_runs_out_and_makes_fewer_offers(store: Past, program: Program) -> None:
    """What is used goes down, and the day is told."""
    small = replace(program, limits=replace(program.limits, monthly_budget=program.limits.order_guard // 2))
    tight, wide = replay(store, small), replay(store, program)

    assert tight.ran_out
    assert all(1 <= day <= 31 for day in tight.ran_out)
    assert sum(tight.by_month.values()) < sum(wide.by_month.values())
    assert tight.worst_a_month < wide.worst_a_month


def test_higher_discounts_cost_more_and_bring_nobody_back(store: Past, program: Program) -> None:
    """The past stays as it was, so only the cost changes."""
    tiers = tuple(replace(tier, percent=min(tier.percent + 5, 20)) for tier in program.loyalty.tiers)
    only = replace(program, win_back=replace(program.win_back, enabled=False))
    rich = replace(only, loyalty=replace(only.loyalty, tiers=tiers))

    assert replay(store, rich).cost_a_month > replay(store, only).cost_a_month
    assert 0 < replay(store, only).came_back["loyalty"] < 1


def test_a_tier_that_is_moved_moves_its_customers(store: Past, program: Program) -> None:
    """The counts before and after are those of all customers, and five of the sample are named with what changes."""
    first, second, *rest = program.loyalty.tiers
    tiers = (first, replace(second, spend_from=second.spend_from - 3_000), *rest)
    lower = replace(program, loyalty=replace(program.loyalty, tiers=tiers))
    found = preview.compare(store, (program, replay(store, program)), (lower, replay(store, lower)))
    between = [spend for spend in store.spends if second.spend_from - 3_000 <= spend < second.spend_from]

    assert found.moved == len(between) > 0
    assert found.tiers[1].changed - found.tiers[1].saved == len(between)
    assert 0 < len(found.changes) <= preview.CHANGES_SHOWN


def test_the_sample_looks_back_a_year_and_a_little(store: Past) -> None:
    """Orders before are known, so that spend is right on the first day."""
    start = NOW - YEAR - LEAD

    assert any(turn.at < start for shopper in store.shoppers for turn in shopper.turns)
    assert store.scale == len(store.spends) / len(store.shoppers)


def changed(visit: Visit, **limits: Any) -> dict[str, Any]:
    """The rules in force with other limits."""
    wire: dict[str, Any] = copy.deepcopy(visit.api("GET", "/program").json["program"])
    wire["limits"] |= limits
    return wire


def test_the_answer_has_figures_a_line_and_the_part_of_the_page(world: World, visit: Visit) -> None:
    """And saves nothing."""
    told = visit.api("POST", "/program/preview", {"program": changed(visit, highest_percent=4)}).json
    shown = BeautifulSoup(told["html"], "html.parser")
    with world.runtime.database.reading() as db:
        versions = len(programs.history(db, world.shop.shop_id))

    assert told["errors"] == {}
    assert told["line"].endswith("of the budget")
    assert "less than the saved rules" in shown.get_text()
    assert "ordered again by themselves" in shown.get_text()
    assert len(shown.select("li a")) == preview.CHANGES_SHOWN
    assert told["figures"]["changed"]["cost_a_month"] != told["figures"]["saved"]["cost_a_month"]
    assert versions == 3


def test_rules_with_faults_have_no_preview(visit: Visit) -> None:
    """The faults are told instead, each at its field."""
    told = visit.api("POST", "/program/preview", {"program": changed(visit, wait_days=6)}).json

    assert (told["html"], told["figures"]) == ("", None)
    assert "limits.wait_days" in told["errors"]


def test_a_store_that_was_never_measured_has_none_either(new_world: World) -> None:
    """It says when there will be one."""
    visit = Visit(new_world)
    told = visit.api("POST", "/program/preview", {"program": changed(visit)}).json

    assert told["figures"] is None
    assert "Shows once your orders have been measured." in told["html"]
