"""What is bought again, what follows what, and what sets those who left apart, in the report below the overview."""

from __future__ import annotations

import pytest

from tests.pages import habits
from tests.pages.test_report import card, seen, words
from tests.pages.world import World


def test_products_with_a_rhythm_are_told_where_there_are_some(world: World) -> None:
    """The most bought again first."""
    habits.keep(world, replenishment=habits.REPLENISHMENT)
    told = card(seen(world), "again")

    assert "Product 81 is bought again after 28 days, half of the time." in words(told)
    assert words(told.tbody.tr) == "81 40 28 days 21–35 days"


@pytest.mark.parametrize(
    ("after", "said"),
    [
        (
            "82",
            "Most often product 82 is bought on the order after one with product 81, half of the time within 28 days.",
        ),
        ("81", "Most often product 81 is bought again on the next order, half of the time within 28 days."),
    ],
)
def test_what_follows_what_is_told_where_it_is_known(world: World, after: str, said: str) -> None:
    """The most frequent succession in a sentence, which is another one where a product follows itself."""
    habits.keep(world, followers=[{**habits.FOLLOWERS[0], "next": after}])
    told = card(seen(world), "next")

    assert said in words(told)
    assert words(told.tbody.tr) == f"81 {after} 1,040 28 days"


def test_what_chance_explains_sets_nobody_apart(world: World) -> None:
    """A difference that two dozen traits of the same customers show by chance is in no row, as in the command's report."""
    rows = [
        {"name": "81", "left": 26, "stayed": 20, "lift": 1.3},
        {"name": "82", "left": 74, "stayed": 80, "lift": 0.93},
    ]
    habits.keep(world, left={"customers": 100, "stayed": 100, "first_product": rows})
    told = card(seen(world), "left")

    assert "Nothing that is known of customers sets those who left apart." in words(told)
    assert told.select("tbody tr") == []


def test_what_sets_those_who_left_apart_is_told_with_the_furthest_first(world: World) -> None:
    """Channel, country, discounts and first product in one table; what few have, or all, is left out."""
    habits.keep(world, left=habits.LEFT)
    told = card(seen(world), "left")

    assert "120 customers are slipping away or lost, 300 are not." in words(told.header)
    assert [words(row) for row in told.select("tbody tr")] == [
        "First order through: pos 20 200 0.2 times",
        "First order: with a discount 90 75 3.0 times",
        "Country of the bill: DE 30 40 1.9 times",
    ]
