"""The overview says which predictions are in use and why, how they did on the store's past, and what is bought again."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask_babel import force_locale

from plugin.pages import left_apart, prediction_card
from plugin.usecases import tell_card, tell_habits
from storage import figures
from tests.pages import habits
from tests.pages.world import NOW, Visit, World


def card_of(visit: Visit, of: str = "s-card") -> Any:
    """The card with this heading, or None."""
    page = BeautifulSoup(visit.fragment("/app/overview").text, "html.parser")
    return page.select_one(f'section[aria-labelledby="{of}"]')


def words(part: Any) -> str:
    """The text of a part, with single blanks."""
    return " ".join(part.get_text(" ").split())


def test_what_is_in_use_is_told_beside_the_rules_that_everybody_knows(visit: Visit) -> None:
    """With why, and a mark for each on the same past."""
    told = card_of(visit)

    assert words(told.header).startswith("How good the predictions are Chances rest on")
    assert {words(row.th) for row in told.select("tbody tr")} >= {"In use: Regulars", "The 90-day rule"}
    assert all("%" in words(cell) for cell in told.select("tbody td"))


def test_a_store_without_a_past_claims_nothing(world: World, visit: Visit) -> None:
    """There is no table then."""
    with world.runtime.database.transaction() as db:
        kept = figures.get(db, 1, tell_card.NAME)
        assert kept is not None
        figures.keep(db, 1, tell_card.NAME, {**kept.body, "marks": []}, NOW)
    told = card_of(visit)

    assert told.select("table") == []
    assert "nothing is claimed for them" in words(told)


def test_before_the_first_night_there_is_no_card(new_world: World) -> None:
    """Nothing was learnt, so nothing is said."""
    assert card_of(Visit(new_world)) is None


@pytest.mark.parametrize("chance", ["mixture", "mbg", "regular", "none"])
@pytest.mark.parametrize("why", ["won", "lost", "untried", "few_customers", "short_past"])
def test_every_model_and_every_reason_has_its_sentence(world: World, chance: str, why: str) -> None:
    """In both languages."""
    with world.runtime.database.transaction() as db:
        kept = figures.get(db, 1, tell_card.NAME)
        assert kept is not None
        used = {**kept.body["in_use"], "chance": chance, "why": why}
        figures.keep(db, 1, tell_card.NAME, {**kept.body, "in_use": used}, NOW)
        with world.app().app_context(), force_locale("zh_Hans"):
            chinese = prediction_card.card(db, 1)

    assert chinese is not None
    assert chinese["lead"].count("。") == 2
    assert not any(letter.isascii() and letter.isalpha() for letter in chinese["lead"])


def test_products_with_a_rhythm_are_told_where_there_are_some(world: World, visit: Visit) -> None:
    """The most bought again first; without one there is no card."""
    assert card_of(visit, "s-again") is None

    found = [{"product_id": "81", "gaps": 40, "quartiles": [21.0, 28.0, 35.0]}]
    with world.runtime.database.transaction() as db:
        figures.keep(db, 1, tell_habits.NAME, {"version": tell_habits.VERSION, "replenishment": found}, NOW)

    assert "Product 81 is bought again after 28 days, half of the time." in words(card_of(visit, "s-again"))
    assert words(card_of(visit, "s-again").tbody.tr) == "81 40 28 days 21 days to 35 days"


def test_what_follows_what_is_told_where_it_is_known(world: World, visit: Visit) -> None:
    """The most frequent succession in a sentence; without one there is no card."""
    assert card_of(visit, "s-next") is None

    habits.keep(world, followers=habits.FOLLOWERS)

    assert "After product 81 customers most often buy product 82, half of them within 28 days." in words(
        card_of(visit, "s-next")
    )
    assert words(card_of(visit, "s-next").tbody.tr) == "81 82 1,040 28 days"


def test_what_sets_those_who_left_apart_is_told_with_the_furthest_first(world: World, visit: Visit) -> None:
    """Channel, country, discounts and first product in one table; what few have, or all, is left out."""
    assert card_of(visit, "s-left") is None

    habits.keep(world, left=habits.LEFT)
    told = card_of(visit, "s-left")

    assert "120 customers are lapsing or lost, 300 are not." in words(told.header)
    assert [words(row) for row in told.select("tbody tr")] == [
        "First order through: pos 20 200 0.2 times",
        "First order: with a discount 90 75 3.0 times",
        "Country of the bill: DE 30 40 1.9 times",
    ]
    habits.keep(world, left={**habits.LEFT, "stayed": 19})
    assert card_of(visit, "s-left") is None


def test_what_sets_them_apart_is_said_in_chinese_too(world: World) -> None:
    """Every name of a trait and of a value that is not the store's own."""
    habits.keep(world, left=habits.LEFT)
    with world.app().app_context(), force_locale("zh_Hans"), world.runtime.database.reading() as db:
        found = left_apart.table(db, 1)

    assert found is not None
    assert found["rows"][1]["name"] == "首单：使用了折扣"
