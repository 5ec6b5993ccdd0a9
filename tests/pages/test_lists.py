"""The lists of customers and of offers, and the history: filters in the address, pages, and what they never show."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from bs4 import BeautifulSoup

from plugin.pages import customers, rulebook
from storage import listings, offers, programs, snapshots
from storage.listings import CustomerFilter
from tests.pages.world import NOW, Visit, World

CUSTOMERS, OFFERS, HISTORY = "/app/customers", "/app/offers", "/app/history"


def seen(visit: Visit, path: str) -> BeautifulSoup:
    """The page as parsed."""
    answer = visit.fragment(path)
    assert answer.status_code == 200, answer.text
    return BeautifulSoup(answer.text, "html.parser")


def words(part: Any) -> str:
    """The text of a part, with single blanks."""
    return " ".join(part.get_text(" ").split())


def ids(visit: Visit, path: str) -> list[str]:
    """The customers of one page of the list."""
    return [row.text for row in seen(visit, path).select("tbody th a")]


def test_pages_of_the_list_hold_every_customer_once(world: World, visit: Visit) -> None:
    """Next leads through all of them and ends."""
    path, found = CUSTOMERS, []
    while path:
        page = seen(visit, path)
        found += [row.text for row in page.select("tbody th a")]
        path = next((link["href"] for link in page.select(".paging a") if link.text == "Next"), "")
    with world.runtime.database.reading() as db:
        everyone = {row.customer_id for row in snapshots.every(db, world.shop.shop_id)}

    assert len(found) == len(set(found))
    assert set(found) == everyone


def test_links_of_the_grid_lead_to_as_many_as_they_promise(visit: Visit) -> None:
    """Each cell, group and degree of lateness opens a list of just its customers."""
    page = seen(visit, "/app/overview")
    promised = [(link["href"], link.text) for link in page.select(".matrix td a")[::5]]
    promised += [(row.a["href"], row.select("span")[1].text) for row in page.select(".groups li:has(a)")]
    promised += [
        (row.a["href"], row.select("td")[0].text)
        for row in page.select_one("#s-rhythm").find_parent("section").select("tr:has(a)")
    ]

    assert len(promised) > 15
    for path, count in promised:
        assert words(seen(visit, path).select_one(".head p")).split()[0] == count


def test_tiers_are_those_of_the_rules_in_force(world: World, visit: Visit) -> None:
    """The lists by tier share out all customers, whatever was in force when they were measured."""
    with world.runtime.database.reading() as db:
        rules = rulebook.of_shop(db, world.shop)
        everyone = list(snapshots.every(db, world.shop.shop_id))
    counts = {name: visit.api("GET", f"/customers?tier={name}").json["count"] for name in rules.tier_names()}

    assert counts == {
        name: sum(rules.tier(row.spend_365d_minor) == name for row in everyone) for name in rules.tier_names()
    }
    assert sum(counts.values()) == len(everyone)


@pytest.mark.parametrize("name", listings.LATENESS)
def test_status_is_that_of_this_moment(world: World, name: str) -> None:
    """The filter in SQL and the badge in the row are one rule."""
    with world.runtime.database.reading() as db:
        wanted = CustomerFilter(lateness=name)
        found = listings.customers(
            db, world.shop.shop_id, wanted, sort="lateness", now=NOW, limit=1_000
        )  # fmt: skip
        everyone = list(snapshots.every(db, world.shop.shop_id))

    assert {row.customer_id for row in found.items} == {
        row.customer_id for row in everyone if customers.standing(row, NOW) == name
    }
    assert found.count == len(found.items)


def test_those_who_became_late_last_come_first(world: World, visit: Visit) -> None:
    """Then those who will be late soonest; other sorts go by what they say, and the heading says which it is."""
    with world.runtime.database.reading() as db:
        rows = {row.customer_id: row for row in snapshots.every(db, world.shop.shop_id)}
    late = [rows[who].late_at for who in ids(visit, f"{CUSTOMERS}?status=late")]
    ahead = [rows[who].late_at for who in ids(visit, f"{CUSTOMERS}?status=on_time")]
    spends = [rows[who].spend_365d_minor for who in ids(visit, f"{CUSTOMERS}?sort=spend")]
    headings = seen(visit, f"{CUSTOMERS}?sort=spend").select("th[aria-sort]")

    assert late == sorted(late, reverse=True)
    assert ahead == sorted(ahead)
    assert spends == sorted(spends, reverse=True)
    assert [(words(heading).split(" ↓")[0], heading["aria-sort"]) for heading in headings] == [
        ("Spent in 12 months", "descending")
    ]


def test_every_kind_of_offer_can_be_filtered_for(world: World, visit: Visit) -> None:
    """The lists by kind share out all offers."""
    page = seen(visit, OFFERS)
    kinds = [option["value"] for option in page.select("#by-kind option")][1:]
    counts = {kind: visit.api("GET", f"/offers?kind={kind}").json["count"] for kind in kinds}

    assert kinds == ["loyalty", "occasion", "surprise", "reminder", "offer", "last_offer"]
    assert sum(counts.values()) == visit.api("GET", "/offers").json["count"]


@pytest.mark.parametrize(
    "query",
    ["group=nobody", "tier=%00", "status=1", "r=9&value=x", "page=-1", "page=9²", "sort=drop", "page=" + "9" * 40],
)
def test_an_address_that_is_not_known_asks_for_nothing(visit: Visit, query: str) -> None:
    """No error: the filter is not set."""
    assert visit.fragment(f"{CUSTOMERS}?{query}").status_code == 200
    assert visit.fragment(f"{OFFERS}?{query}").status_code == 200


def test_an_empty_list_says_why(new_world: World, visit: Visit) -> None:
    """Nothing yet, or nothing that matches, with the way back."""
    none = Visit(new_world)

    assert "Waiting for your first orders" in words(seen(none, CUSTOMERS))
    assert "No offers yet." in words(seen(none, OFFERS))
    assert seen(none, CUSTOMERS).select("form, table") == []
    matching = seen(visit, f"{CUSTOMERS}?group=champions&status=lost&r=1")
    assert "No customers match. Clear filters" in words(matching)
    assert matching.select_one(".empty a")["href"] == CUSTOMERS


def test_offers_are_filtered_by_what_became_of_them(world: World, visit: Visit) -> None:
    """The statuses share out all offers; a kind narrows them further."""
    with world.runtime.database.reading() as db:
        made = list(offers.every(db, world.shop.shop_id))
    told = [
        int(words(seen(visit, f"{OFFERS}?status={name}").select_one(".head p")).split()[0])
        for name in ("open", "redeemed", "expired", "cancelled", "held_out")
    ]
    page = seen(visit, f"{OFFERS}?status=open&kind=last_offer")

    assert sum(told) == len(made)
    assert {words(row.select("td")[2]) for row in page.select("tbody tr")} == {"Win-back, Last offer"}


def test_the_export_holds_what_the_filters_ask_for(world: World, visit: Visit) -> None:
    """Every offer of them, with the fields of the contract, behind a token; a formula is a text."""
    with world.runtime.database.transaction() as db:
        redeemed = [offer for offer in offers.every(db, world.shop.shop_id) if offer.state == "redeemed"]
        offers.amend(db, world.shop.shop_id, redeemed[0].offer_id, order_id="=1+1")
    answer = visit.api("GET", "/offers.csv?status=redeemed")
    rows = list(csv.DictReader(io.StringIO(answer.text)))

    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert {row["offer_id"] for row in rows} == {offer.offer_id for offer in redeemed}
    assert "'=1+1" in {row["order_id"] for row in rows}
    assert visit.client.get("/api/v1/offers.csv").status_code == 401


def test_history_tells_every_version_and_leads_back_to_each(world: World, visit: Visit) -> None:
    """The one in force has no Restore; the others open in Rules as a change that is not saved."""
    page = seen(visit, HISTORY)
    links = [link["href"] for link in page.select(".version a")]
    restored = seen(visit, links[-1])
    with world.runtime.database.reading() as db:
        kept = programs.history(db, world.shop.shop_id)

    assert len(page.select(".version")) == len(kept)
    assert links == [f"/app/rules?version={version.version}" for version in kept[1:]]
    assert "Send win-back offers: off → on" in words(page)
    assert restored.select_one("form#program")["data-base"] == str(kept[0].version)
    assert restored.select_one("form#program").has_attr("data-restored")
    assert "Send win-back offers: on → off" in words(restored.select_one(".banner"))


@pytest.mark.parametrize("version", ["99", "x", "3", "-1"])
def test_a_version_that_is_not_there_restores_nothing(visit: Visit, version: str) -> None:
    """The rules in force are shown, as they are."""
    assert not seen(visit, f"/app/rules?version={version}").select("[data-restored]")
