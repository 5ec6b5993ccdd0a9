"""The report below the overview: in every width and language, full and young; its choices and its files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from plugin.usecases import tell_figures
from storage import figures
from tests.browser.axe import WIDTHS, faults, sideways
from tests.browser.conftest import PICTURES, Running, Screen, Window, follow, served
from tests.pages import habits

pytestmark = pytest.mark.browser
REPORT = "/app/overview/report"


@pytest.fixture
def young(tmp_path: Path) -> Iterator[Running]:
    """Three customers, whose orders name no products; the document of the overview cannot be read."""
    with served(tmp_path, crowd=3) as made:
        habits.tell(made.world)
        with made.world.runtime.database.transaction() as db:
            figures.keep(db, 1, tell_figures.NAME, {"version": tell_figures.VERSION}, made.world.clock())
        yield made


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_table_in_every_width(told: Running, window: Window, screen: Screen, language: str) -> None:
    """Also those behind the choosers; axe finds nothing and the page never goes sideways."""
    told.world.clock.forward(seconds=1)
    page = window.open(told.launch(locale=language))
    found = []
    others = "?by=first_product&show=revenue&orders=3&month=2026-11"
    for name, query, widths in (("usual", "", WIDTHS), ("others", others, WIDTHS if PICTURES else WIDTHS[1:2])):
        follow(page, REPORT + query)
        for width in widths:
            found += faults(page, widths=(width,))
            screen(page, f"report-{name}-{width}-{language}")

    assert found == []


#: on how many lines each product's number stands
LINES = """() => [...document.querySelectorAll('.told .wraps')].map((cell) => {
  const numbers = cell.textContent.match(/[0-9]{6,}/g) || [];
  const text = [...cell.childNodes].find((node) => node.nodeType === 3);
  return numbers.map((number) => {
    const range = document.createRange(), start = text.data.indexOf(number);
    range.setStart(text, start); range.setEnd(text, start + number.length);
    return range.getClientRects().length; }); }).flat()"""


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_no_number_is_torn(told: Running, window: Window, language: str) -> None:
    """Of a product, at any width: what does not fit on a phone scrolls inside its card."""
    told.world.clock.forward(seconds=1)
    page = window.open(told.launch(locale=language))
    follow(page, f"{REPORT}?orders=3")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        lines = page.evaluate(LINES)
        assert len(lines) > 20
        assert set(lines) == {1}
        assert sideways(page) == 0
    page.set_viewport_size({"width": 390, "height": 900})
    for table in ("s-again", "s-next"):
        room = page.locator(f"section:has(#{table}) .scroll")
        assert room.evaluate("(it) => it.scrollWidth - it.clientWidth") == 0


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_a_young_store_and_a_part_that_failed(young: Running, window: Window, screen: Screen, language: str) -> None:
    """What is empty says why; what could not be made says so; the rest is there."""
    page = window.open(young.launch(locale=language))
    follow(page, REPORT)
    expect(page.locator("section:has(#s-began) [role=alert]")).to_be_visible()
    expect(page.locator("section:has(#s-products) .empty")).to_be_visible()
    found = []
    for width in WIDTHS:
        found += faults(page, widths=(width,))
        screen(page, f"report-young-{width}-{language}")

    assert found == []


def test_a_choice_changes_its_table_and_leaves_the_reader_there(told: Running, window: Window) -> None:
    """With the keyboard; the address can be sent to someone; the overview is one link away."""
    told.world.clock.forward(seconds=1)
    page = window.open(told.launch(), height=600)
    page.get_by_role("link", name="See all tables").click()
    expect(page.locator("h1")).to_have_text("How customers buy")
    expect(page.locator('nav a[aria-current="page"]')).to_have_text("Overview")
    choice = page.locator("#by-first_channel")
    choice.scroll_into_view_if_needed()
    choice.focus()
    page.keyboard.press("Enter")
    expect(choice).to_have_attribute("aria-current", "true")
    expect(choice).to_be_focused()
    expect(page.locator("section:has(#s-began) tbody th")).to_have_text(["Instagram", "pos", "web"])
    page.reload()
    expect(choice).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="← Overview").click()
    expect(page.locator("h1")).to_have_text("Overview")


def test_a_table_comes_as_a_file(told: Running, window: Window) -> None:
    """Under a name that tells which; whole, whatever is chosen on the page."""
    told.world.clock.forward(seconds=1)
    page = window.open(told.launch(REPORT))
    with page.expect_download() as caught:
        page.locator("section:has(#s-moves)").get_by_role("button", name="Export as CSV").click()
    with Path(caught.value.path()).open(newline="") as file:
        months = {row["start"][:7] for row in csv.DictReader(file)}

    assert caught.value.suggested_filename == "movement.csv"
    assert len(months) == 12


def test_the_matrix_scrolls_inside_its_card_only(told: Running, window: Window) -> None:
    """With the keyboard, the names of the groups staying in place; the page itself never goes sideways."""
    told.world.clock.forward(seconds=1)
    page = window.open(told.launch(REPORT), width=320)
    region = page.locator(".scroll:has(.moves)")
    region.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.scroll:has(.moves)').scrollLeft > 0")
    first, card = region.locator("tbody th").first.bounding_box(), region.bounding_box()

    assert first is not None
    assert card is not None
    assert abs(first["x"] - card["x"]) < 4
    assert sideways(page) == 0


#: for each table that goes on beyond its card: how far the names of its rows are from the edge once it is scrolled to its end
NAMES = """() => [...document.querySelectorAll('main .scroll')].filter((it) => it.scrollWidth > it.clientWidth).map((it) => {
  it.scrollLeft = it.scrollWidth;
  const names = [...it.querySelectorAll('tr > :first-child')], edge = it.getBoundingClientRect().left;
  return { label: it.ariaLabel, scrolled: it.scrollLeft, clear: names.every((name) => getComputedStyle(name).backgroundColor !== 'rgba(0, 0, 0, 0)'),
    off: Math.max(...names.map((name) => Math.abs(name.getBoundingClientRect().left - edge))) }; })"""


@pytest.mark.parametrize("width", [390, 320])
def test_the_names_of_the_rows_stay(told: Running, window: Window, width: int) -> None:
    """However far a table is scrolled on a phone, what a row is about stands at its edge, and nothing shines through."""
    told.world.clock.forward(seconds=1)
    page = window.open(told.launch(), width=width)
    follow(page, f"{REPORT}?orders=3")
    found = page.evaluate(NAMES)

    assert len(found) >= 3
    assert [one for one in found if one["off"] > 2 or not one["clear"] or one["scrolled"] == 0] == []
