"""Reminders beside offers: they give nothing, so nothing of them is open, ends or could be redeemed."""

from __future__ import annotations

from typing import Any

from bs4 import BeautifulSoup

from storage import offers
from tests.pages.world import Visit, World

OVERVIEW, CUSTOMERS, OFFERS = "/app/overview", "/app/customers", "/app/offers"


def seen(visit: Visit, path: str) -> BeautifulSoup:
    """The page as parsed."""
    return BeautifulSoup(visit.fragment(path).text, "html.parser")


def words(part: Any) -> str:
    """The text of a part, with single blanks."""
    return " ".join(part.get_text(" ").split())


def test_reminders_are_no_offers_that_could_be_redeemed(world: World, visit: Visit) -> None:
    """The number, its sentence and the chart count what gives something."""
    page = seen(visit, OVERVIEW)
    metric, card = page.select(".metrics > div")[2], page.select_one("#s-offers").find_parent("section")
    with world.runtime.database.reading() as db:
        found = [one for one in offers.every(db, world.shop.shop_id) if one.code]
    given = sum(one.state in {"issued", "redeemed", "expired", "revoked"} for one in found)

    assert f"of {given} given in this time" in words(metric)
    assert f"{given} offers were given" in words(card)
    assert "Win-back counts its reminders here." in words(card)


def test_a_reminder_is_sent_and_never_open(world: World, visit: Visit) -> None:
    """It has no code, no discount and no end; who has nothing else open is told of it as what it is."""
    rows = seen(visit, f"{OFFERS}?kind=reminder").select("tbody tr")
    states = {words(row.select_one(".badge")) for row in rows}
    with world.runtime.database.reading() as db:
        reminded = [one for one in offers.every(db, world.shop.shop_id) if one.state == "issued" and one.code is None]
        others = {one.customer_id for one in offers.every(db, world.shop.shop_id) if one.state == "issued" and one.code}
    who = next(one.customer_id for one in reminded if one.customer_id not in others)
    page = seen(visit, f"{CUSTOMERS}?q={who}")

    assert states <= {"Due", "Over", "In control group"}
    assert "Due" in states
    assert {words(row.select("td")[5]) for row in rows if words(row.select_one(".badge")) == "Due"} == {"–"}
    assert "Offer open" not in words(page.select_one("tbody tr"))
    assert "Why this reminder" in words(seen(visit, f"{CUSTOMERS}/{who}"))
