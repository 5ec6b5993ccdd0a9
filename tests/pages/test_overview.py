"""What the overview shows of a shop, and what it does not make up."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from bs4 import BeautifulSoup
from sqlalchemy import Connection

from plugin.rewards.stored import from_stored
from plugin.usecases import change_program, import_progress, keep_currency
from storage import budgets, figures, programs, shops, snapshots
from storage.budgets import Cause
from storage.facts import ShopFact
from storage.tables import offers as made
from tests.pages.world import CLIENT_ID, DOMAIN, NOW, Visit, World, keep_unreadable

OVERVIEW = "/app/overview"


def seen(visit: Visit, path: str = OVERVIEW) -> BeautifulSoup:
    """The page as parsed."""
    answer = visit.fragment(path)
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def words(part: Any) -> str:
    """The text of a part, with single blanks."""
    return " ".join(part.get_text(" ").split())


def rules(world: World, db: Connection, **changes: Any) -> None:
    """Saves the rules in force with changes."""
    stored = programs.current(db, world.shop.shop_id)
    assert stored is not None
    program = replace(from_stored(stored.body), **changes)
    change_program.save(
        db, shop_id=world.shop.shop_id, program=program, author="x", note="", now=NOW, base_version=stored.version
    )


def test_the_grid_holds_every_customer_once(world: World, visit: Visit) -> None:
    """The 25 cells and the eleven groups each add up to all customers."""
    page = seen(visit)
    cells = [int(cell.text) for cell in page.select(".matrix td")]
    groups = [int(group.select("span")[1].text) for group in page.select(".groups li")]
    with world.runtime.database.reading() as db:
        customers = len(list(snapshots.every(db, world.shop.shop_id)))

    assert len(cells) == 25
    assert sum(cells) == sum(groups) == customers


def test_lateness_is_a_picture_and_a_table(visit: Visit) -> None:
    """The bar has a title and a description, its parts fill it, and every part is a row with its number."""
    page = seen(visit)
    bar = page.select_one("svg[role=img]")
    widths = [float(part["width"].rstrip("%")) for part in bar.select("rect")[1:]]
    rows = [words(row) for row in page.select("#s-rhythm")[0].find_parent("section").select("tbody tr")]

    assert (bar.title is not None, bar.desc is not None) == (True, True)
    assert sum(widths) == pytest.approx(100, abs=0.01)
    assert [row.split()[0] for row in rows] == ["On", "Late", "Slipping", "Lost"]


def test_newest_offers_say_why(visit: Visit) -> None:
    """Each has its customer, state and the sentence that decided it, and the whole list of checks under it."""
    rows = seen(visit).select(".cards tbody tr")

    assert len(rows) == 6
    assert all(row.select_one(".badge").text and len(words(row.select_one(".wide"))) > 40 for row in rows)
    assert all(len(row.select("details li")) >= 5 for row in rows)


def test_a_new_shop_is_told_what_comes_next_and_shows_no_numbers(new_world: World) -> None:
    """Set-up steps, empty states, no grid, no made-up rates."""
    page = seen(Visit(new_world))

    assert page.select(".matrix, .cards, figure[role=img]") == []
    assert "Waiting for your first orders" in words(page)
    assert "No offers yet." in words(page)
    assert [words(step.select_one("strong")) for step in page.select(".steps li")] == [
        "Connect your store", "Read your orders", "Check your rules", "Turn on win-back",
    ]  # fmt: skip
    assert [words(number) for number in page.select(".metrics dd.big")] == [*["–"] * 3, "Too early to tell"]


def test_who_is_due_is_told_while_there_is_no_offer(world: World, visit: Visit) -> None:
    """With the hour at which everyone is looked at next, on the overview and in the list."""
    with world.runtime.database.transaction() as db:
        db.execute(made.delete())
    told = [words(empty) for path in (OVERVIEW, "/app/offers") for empty in seen(visit, path).select(".empty")]

    assert len(told) == 2
    assert all(
        re.fullmatch(r"No offers yet\. Next check: .+\. \d+ customers are due in 30 days\.", one) for one in told
    )


def test_set_up_is_gone_once_all_of_it_is_done(visit: Visit) -> None:
    """Nothing is left of it on a shop that runs."""
    assert seen(visit).select(".steps") == []


def test_what_could_not_be_understood_is_shown(world: World, visit: Visit) -> None:
    """Set-aside deliveries are counted and listed with their reason."""
    keep_unreadable(world)
    banner = words(seen(visit).select_one(".banner"))

    assert "2 messages from your store could not be understood" in banner
    assert "orders/create" in banner
    assert "line_items.0.price: not an amount" in banner


def test_trouble_comes_first_and_three_things_are_enough(world: World, visit: Visit) -> None:
    """A paused shop, set-aside messages, a trial run and a budget used up: the first three are shown."""
    keep_unreadable(world)
    with world.runtime.database.transaction() as db:
        shops.pause(db, world.shop.shop_id, "Your store is not connected. Open Regulars from your store admin.")
        rules(world, db, mode="shadow")
        budgets.reserve(db, world.shop.shop_id, month="2026-11", amount=600_00, cap=1_800_00, cause=Cause("test", NOW))
    banners = [words(banner) for banner in seen(visit).select(".banner")]

    assert banners[0].startswith("Your store is not connected.")
    assert len(banners) == 3
    assert banners[2] == "This is a trial run: offers are decided and written down, none is given. Go live"


def test_a_budget_that_runs_out_is_said_with_the_days_left(world: World, visit: Visit) -> None:
    """From nine tenths on, with what is left of the month in the shop's zone."""
    with world.runtime.database.transaction() as db:
        budgets.reserve(db, world.shop.shop_id, month="2026-11", amount=600_00, cap=1_800_00, cause=Cause("test", NOW))
    banners = " ".join(words(banner) for banner in seen(visit).select(".banner"))

    assert "used with 11 days left. Change the budget" in banners


def test_the_same_numbers_come_as_json(world: World, visit: Visit) -> None:
    """The API tells what the page shows."""
    told = visit.api("GET", "/overview").json

    assert told["customers"] == sum(told["groups"].values())
    assert told["budget"]["cap"] == "1800.00"
    assert {"kind": "win_back", "state": "held_out"} in [
        {"kind": offer["kind"], "state": offer["state"]} for offer in told["offers"]
    ]


def test_times_are_on_the_shops_clock(visit: Visit) -> None:
    """09:30 in UTC is 04:30 in New York."""
    assert "Measured today at 04:30" in words(seen(visit).select_one(".head"))


def test_money_is_in_the_shops_currency_as_the_reader_writes_it(world: World) -> None:
    """$ to an English reader, US$ to a Chinese one."""
    sentences = [
        words(seen(Visit(world, language)).select_one("#s-offers").find_parent("header")) for language in ("en", "zh")
    ]

    assert "$1,800" in sentences[0]
    assert "US$1,800" in sentences[1]


def test_periods_change_the_numbers_and_the_words(visit: Visit) -> None:
    """30 days, 90 days and 12 months; an unknown one is the longest. The choice is marked, and kept by the others."""
    pages = {period: seen(visit, f"{OVERVIEW}?period={period}&gap=first") for period in ("30", "90", "365", "7")}
    marked = [words(page.select_one("#period-30, #period-90, #period-365").find_parent("ul").select_one("[aria-current]"))
              for page in pages.values()]  # fmt: skip
    changes = [words(part) for part in pages["90"].select(".metrics .change")]

    assert marked == ["30 days", "90 days", "12 months", "12 months"]
    assert words(pages["30"].select_one(".metrics")) != words(pages["365"].select_one(".metrics"))
    assert any("the 90 days before" in change or "90 days ago" in change for change in changes)
    assert pages["30"].select_one("#period-90")["href"] == f"{OVERVIEW}?period=90&gap=first&cohort=customers"


def test_every_chart_has_a_heading_a_sentence_a_name_and_a_table(visit: Visit) -> None:
    """For the eye, the ear, and who wants the numbers; the bars of the histogram add up to all gaps."""
    page = seen(visit)
    for part in ("s-gaps", "s-churn", "s-offers"):
        card = page.select_one(f"#{part}").find_parent("section")
        svg = card.select_one("svg[role=img][aria-labelledby*=desc]")
        assert words(card.select_one("header p"))
        assert words(svg.title)
        assert words(svg.desc)
        assert len(card.select("details tbody tr")) >= 10
    gaps = page.select_one("#s-gaps").find_parent("section")

    assert words(gaps.select_one("header p")).startswith("Half of repeat orders come within")
    assert sum(
        float(row.select_one("td:last-child").text.rstrip("%")) for row in gaps.select("tbody tr")
    ) == pytest.approx(100, abs=1)


def test_cohorts_show_customers_or_revenue(visit: Visit) -> None:
    """Twelve months at most, each cell with its value; what is not over has no cell."""
    by_customer, by_revenue = (
        seen(visit, f"{OVERVIEW}?cohort={which}").select_one(".cohorts") for which in ("customers", "revenue")
    )
    rows = by_customer.select("tbody tr")

    assert len(rows) == 12
    assert {words(row.select("td")[1]) for row in rows if len(row.select("td")) > 1} == {"100%"}
    assert [len(row.select("td")) for row in rows] == sorted((len(row.select("td")) for row in rows), reverse=True)
    assert "$" in words(by_revenue.select("tbody td")[1])


def test_a_part_that_fails_takes_no_other_with_it(world: World, visit: Visit) -> None:
    """A document that nobody can read: its three charts and the numbers say so, the grid and the offers are there."""
    with world.runtime.database.transaction() as db:
        figures.keep(db, world.shop.shop_id, "overview", {"version": 1}, NOW)
    page = seen(visit)
    failed = [words(part) for part in page.select("[role=alert]")]

    assert failed == ["Could not load this part. Try again"] * 3
    assert len(page.select(".matrix td")) == 25
    assert page.select("#s-newest")


def test_too_little_data_is_said_with_how_much_is_there(world: World, visit: Visit) -> None:
    """Instead of a curve of chance; the usual gap is that of the shop."""
    with world.runtime.database.transaction() as db:
        kept = figures.get(db, world.shop.shop_id, "overview")
        assert kept is not None
        figures.keep(db, world.shop.shop_id, "overview", kept.body | {"rhythmic": 42, "usual_gap_days": 41.2}, NOW)
    told = words(seen(visit).select_one("#s-cohorts").find_parent("section"))

    assert "Not enough repeat customers yet (42 of 100)." in told
    assert "rules lean on your shop's usual gap of 41 days" in told


def test_an_import_shows_how_far_it_is(new_world: World) -> None:
    """With a bar and without numbers that are not known yet; one that has stopped says nothing."""
    with new_world.runtime.database.transaction() as db:
        import_progress.tell(db, new_world.shop.shop_id, read=12_400, of=38_000, now=NOW)
    page = seen(Visit(new_world))
    bar = page.select_one(".steps progress")
    new_world.clock.forward(minutes=16)

    assert "Reading your orders. 12,400 of 38,000. You can leave this page." in words(page)
    assert (bar["value"], bar["max"]) == ("12400", "38000")
    assert [words(number) for number in page.select(".metrics dd.big")] == [*["–"] * 3, "Too early to tell"]
    assert seen(Visit(new_world)).select("progress") == []


def test_extra_revenue_is_an_interval_or_says_why_not(world: World, visit: Visit) -> None:
    """Never a bare number; one of the large place and the small says that it is too early, the other what is missing."""
    too_early = words(seen(visit).select(".metrics > div")[3])
    with world.runtime.database.transaction() as db:
        rules(world, db, holdout_percent=0)
    none = words(seen(visit).select(".metrics > div")[3])

    needed = "It takes offers, orders after them and a control group to compare with."
    assert too_early == f"Extra revenue from offers Too early to tell {needed}"
    assert none == "Extra revenue from offers – Without a control group, extra revenue cannot be shown."


def test_a_pause_that_was_asked_for_is_no_lost_connection(world: World, visit: Visit) -> None:
    """It says that offers are paused, on the overview; a lost connection is said on every page."""
    with world.runtime.database.transaction() as db:
        shops.pause(db, world.shop.shop_id, "paused by hand")
    asked = words(seen(visit).select_one(".banner")), seen(visit, "/app/offers").select(".banner")
    with world.runtime.database.transaction() as db:
        shops.pause(db, world.shop.shop_id, "The store refused our token.")
    lost = [words(seen(visit, path).select_one(".banner")) for path in (OVERVIEW, "/app/offers", "/app/history")]

    assert asked == ("Offers are paused.", [])
    assert all(told.startswith("Your store is not connected. Offers are paused. Connect again") for told in lost)
    assert all("The store refused our token." in told for told in lost)


def test_the_way_back_is_where_the_visitor_is(world: World, visit: Visit) -> None:
    """In Shopify's admin a look connects again; who came by a link is sent to the store's admin."""
    with world.runtime.database.transaction() as db:
        shops.pause(db, world.shop.shop_id, "The store refused our token.")
    inside = seen(visit).select_one(".banner [data-again]")
    outside = BeautifulSoup(visit.client.get(world.launch()).text, "html.parser").select_one(".banner a")

    assert words(inside) == words(outside) == "Connect again"
    assert outside["href"] == f"https://{DOMAIN}/admin/apps/{CLIENT_ID}"


def test_rules_in_another_currency_than_the_stores_are_said_and_can_be_saved(world: World, visit: Visit) -> None:
    """The store is connected, so nothing says that it is not; the form sends the store's present currency."""
    with world.runtime.database.transaction() as db:
        shop = world.shop
        fact = ShopFact(name=shop.name, currency="EUR", timezone=shop.timezone, updated_at=NOW)
        shops.tell(db, shop.shop_id, fact)
        keep_currency.check(db, shop.shop_id)
    banner = words(seen(visit).select_one(".banner"))
    form = seen(visit, "/app/rules")

    assert banner.startswith("Your store now sells in EUR, and the rules are in another currency.")
    assert form.select_one("[name=currency]")["value"] == "EUR"
    assert words(form.select_one("[name='limits.monthly_budget']").find_previous_sibling(class_="unit")) == "€"
