"""The preview of changed rules: the real decisions over the past, and what it says when it cannot say anything."""

from __future__ import annotations

import copy
from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup

from plugin.rewards.program import Program
from plugin.rewards.stored import from_stored
from plugin.rewards.tiers import tier_of
from plugin.usecases import preview
from plugin.usecases.backtest.past import Past
from plugin.usecases.backtest.summary import YEAR
from storage import orders, programs
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


def test_equal_rules_are_the_same_twice(store: Past, program: Program) -> None:
    """Nothing differs, and a replay is a function of its past and its rules."""
    one, two = preview.year(store, program), preview.year(store, program)
    found = preview.compare(store, (program, one), (program, two))

    assert one == two
    assert (found.moved, list(found.changes)) == (0, [])
    assert sum(row.changed for row in found.tiers) == len(store.spends)
    assert sum(one.by_month.values()) == sum(one.by_kind.values()) > 0


def test_rules_that_are_off_give_nothing(store: Past, program: Program) -> None:
    """No offers, no cost, no share of anything."""
    loyalty, win_back = replace(program.loyalty, enabled=False), replace(program.win_back, enabled=False)
    off = preview.year(store, replace(program, loyalty=loyalty, win_back=win_back))

    assert (off.cost_a_month, off.worst_a_month, dict(off.by_kind), dict(off.came_back)) == (0, 0, {}, {})


def test_a_multiple_is_told_as_a_day_and_the_steps_are_drawn(visit: Visit) -> None:
    """The hint follows the multiple; the lines over the histogram are the days of silence at which each step comes."""
    program = visit.api("GET", "/program").json["program"]
    told = {}
    for tenths in (10, 20):
        program["win_back"]["timing"] |= {"rule": "gap_multiple", "gap_multiple_tenths": tenths}
        told[tenths] = visit.api("POST", "/program/preview", {"program": program}).json
    (hint,) = told[20]["hints"]["win_back.timing.gap_multiple_tenths"]
    page = BeautifulSoup(told[20]["html"], "html.parser")
    waits = [step["wait_days"] for step in program["win_back"]["steps"]]
    first, second, third = (hint["numbers"]["day"] + sum(waits[: place + 1]) for place in range(3))

    assert hint["text"] == f"About day {hint['numbers']['day']} for a typical customer."
    assert told[10]["hints"]["win_back.timing.gap_multiple_tenths"][0]["numbers"]["day"] * 2 == pytest.approx(
        hint["numbers"]["day"], abs=2
    )
    assert f"Reminder {first}, Offer {second}, and Last offer {third}." in page.select_one("#steps-desc").text
    assert len(page.select("line.cut")) == 3


def test_what_no_customer_is_typical_of_has_no_day(visit: Visit) -> None:
    """Rules that go by each customer's count of orders, and rules without win-back, draw nothing."""
    program = visit.api("GET", "/program").json["program"]
    by_share = copy.deepcopy(program)
    by_share["win_back"]["timing"]["rule"] = "quantile"
    off = copy.deepcopy(program)
    off["win_back"]["enabled"] = False

    for one in (by_share, off):
        told = visit.api("POST", "/program/preview", {"program": one}).json
        assert (told["hints"], "steps-desc" in told["html"]) == ({}, False)
    assert "steps-desc" in visit.api("POST", "/program/preview", {"program": program}).json["html"]


def test_who_gets_less_than_the_tier_says_is_counted(visit: Visit) -> None:
    """All customers of tiers above the highest discount; nobody where it holds nothing back."""
    program = visit.api("GET", "/program").json["program"]
    wide = visit.api("POST", "/program/preview", {"program": program}).json["html"]
    program["limits"]["highest_percent"] = 4
    page = BeautifulSoup(visit.api("POST", "/program/preview", {"program": program}).json["html"], "html.parser")
    tiers = [int(row.select("td")[1].text) for row in page.select("table")[0].select("tbody tr")]

    assert "because of the highest discount" not in wide
    assert f"{sum(tiers[2:])} customers get less than their tier says" in page.text


def test_a_trial_run_is_shown_as_what_it_would_do_live(store: Past, program: Program) -> None:
    """The mode is not what the preview is about."""
    assert preview.year(store, replace(program, mode="shadow")) == preview.year(store, program)


def test_a_small_budget_runs_out_and_makes_fewer_offers(store: Past, program: Program) -> None:
    """What is used goes down, and the day is told."""
    small = replace(program, limits=replace(program.limits, monthly_budget=program.limits.order_guard // 2))
    tight, wide = preview.year(store, small), preview.year(store, program)

    assert tight.ran_out
    assert all(1 <= day <= 31 for day in tight.ran_out.values())
    assert sum(tight.by_month.values()) < sum(wide.by_month.values())
    assert tight.worst_a_month < wide.worst_a_month


def test_higher_discounts_cost_more_and_bring_nobody_back(store: Past, program: Program) -> None:
    """The past stays as it was, so only the cost changes."""
    tiers = tuple(replace(tier, percent=min(tier.percent + 5, 20)) for tier in program.loyalty.tiers)
    only = replace(program, win_back=replace(program.win_back, enabled=False))
    rich = replace(only, loyalty=replace(only.loyalty, tiers=tiers))

    assert preview.year(store, rich).cost_a_month > preview.year(store, only).cost_a_month
    assert 0 < preview.year(store, only).came_back["loyalty"] < 1


def test_a_tier_that_is_moved_moves_its_customers(store: Past, program: Program) -> None:
    """The counts before and after are those of all customers, and five of the sample are named with what changes."""
    first, second, *rest = program.loyalty.tiers
    tiers = (first, replace(second, spend_from=second.spend_from - 3_000), *rest)
    lower = replace(program, loyalty=replace(program.loyalty, tiers=tiers))
    found = preview.compare(store, (program, preview.year(store, program)), (lower, preview.year(store, lower)))
    between = [spend for spend in store.spends if second.spend_from - 3_000 <= spend < second.spend_from]

    assert found.moved == len(between) > 0
    assert found.tiers[1].changed - found.tiers[1].saved == len(between)
    assert 0 < len(found.changes) <= preview.CHANGES_SHOWN


def test_tiers_by_orders_are_counted_by_orders(world: World, program: Program) -> None:
    """Where orders decide and not spend, the tiers before and after are by each customer's orders of the last 365 days."""
    tiers = tuple(replace(tier, orders_from=place * 2) for place, tier in enumerate(program.loyalty.tiers))
    by_orders = replace(program, loyalty=replace(program.loyalty, measure="orders", tiers=tiers))
    with world.runtime.database.reading() as db:
        everyone = preview.past(db, world.shop, now=NOW, sample=None)
        bought = orders.purchases(db, world.shop.shop_id, until=NOW)
    assert everyone is not None
    year = Counter(
        who for who, at in zip(bought.customer_ids, bought.at_micros, strict=True) if at > to_micros(NOW - YEAR)
    )
    places = [min(year[who] // 2, len(tiers) - 1) for who in everyone.customers]
    summary = preview.year(everyone, program)
    found = preview.compare(everyone, (program, summary), (by_orders, summary))

    assert [row.changed for row in found.tiers] == [places.count(place) for place in range(len(tiers))]
    assert len(set(places)) > 1
    spent = [everyone.spend(place) for place in range(len(places))]
    assert found.moved == sum(
        tier_of(program, one) is not program.loyalty.tiers[at] for one, at in zip(spent, places, strict=True)
    )


def test_the_sample_says_how_large_it_is(world: World, program: Program) -> None:
    """Fewer customers stand for all with an uncertainty; all of them need none."""
    with world.runtime.database.reading() as db:
        some, everyone = (preview.past(db, world.shop, now=NOW, sample=sample) for sample in (60, None))
    assert some is not None
    assert everyone is not None
    few, whole = preview.year(some, program), preview.year(everyone, program)

    assert few.replayed < few.of == whole.replayed == whole.of
    assert (few.cost_within > 0, whole.cost_within) == (True, 0)


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
