"""The overview says which predictions are in use and why, and how they did on the store's past."""

from __future__ import annotations

from typing import Any

import pytest
from bs4 import BeautifulSoup
from flask_babel import force_locale

from plugin.pages import prediction_card
from plugin.usecases import tell_card
from storage import figures
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
