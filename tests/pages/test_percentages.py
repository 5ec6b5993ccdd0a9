"""Shares that stand below each other have one precision, so that an eye can compare them."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask_babel import force_locale
from hypothesis import given
from hypothesis import strategies as st

from plugin.cli import report_page
from plugin.pages import formats, languages, shares
from plugin.usecases import report_store
from tests.pages import habits
from tests.pages.test_report import REPORT
from tests.pages.world import NOW, Visit, World

PERCENT = re.compile(r"\d+(?:\.(\d+))?\s?%")
OVERVIEW, OFFERS = "/app/overview", "/app/offers"
PAGES = (
    OVERVIEW, f"{OVERVIEW}?period=30&gap=first", OFFERS, REPORT, f"{REPORT}?by=quarter", f"{REPORT}?by=first_product",
    f"{REPORT}?by=first_channel&orders=3",
)  # fmt: skip


def columns(markup: str) -> Iterator[tuple[str, set[int]]]:
    """Of each column that has shares, in any table: its heading, and with how many digits after the point they stand."""
    for table in BeautifulSoup(markup, "html.parser").select("table"):
        rows = [row.select("th, td") for row in table.select("tbody tr")]
        for place, heading in enumerate(table.select("thead th")):
            texts = [row[place].get_text(" ") for row in rows if place < len(row)]
            if digits := {len(found) for text in texts for found in PERCENT.findall(text)}:
                yield f"{table.caption.text}: {heading.text}", digits


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_column_of_shares_has_one_precision(world: World, language: str) -> None:
    """In every table of the pages, whatever is chosen; what a merchant chose is as whole as it was chosen."""
    habits.name_products(world)
    habits.tell(world)
    visit = Visit(world, language)
    told = {(path, name): digits for path in PAGES for name, digits in columns(visit.fragment(path).text)}

    assert {where: digits for where, digits in told.items() if len(digits) > 1} == {}
    assert len(told) > 40
    assert all(digits == {0} for (path, _name), digits in told.items() if path == OFFERS)


def test_a_report_has_the_precision_of_the_pages(world: World) -> None:
    """In all of its tables."""
    with world.runtime.database.reading() as db:
        told = dict(columns(report_page.page(report_store.report(db, world.shop, as_of=NOW))))

    assert len(told) >= 2
    assert all(digits == {1} for digits in told.values())


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_share_is_written_with_one_digit(part: int, rest: int) -> None:
    """Also where that is a nought; the same from counts as from a ratio, and off by half of that digit at most."""
    value = part / (part + rest) if part + rest else 0.0
    with WORDS.app_context():
        for locale in languages.LANGUAGES:
            with force_locale(locale):
                told = formats.share(part, part + rest)
                assert re.fullmatch(r"\d+\.\d%", told)
                assert told == formats.ratio(value) == shares.written(value, locale)
                assert abs(float(told[:-1]) - 100 * value) <= 0.0500001


WORDS = Flask(__name__)
languages.install(WORDS)
