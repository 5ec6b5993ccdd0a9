"""On a phone a row is a card without the headings of its columns: what it holds says by itself what it is."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.axe import faults
from tests.browser.conftest import Running, Window, follow

pytestmark = pytest.mark.browser
#: of each cell that shows: its text, the label that the style puts before it, its column's heading, whether it is a figure
CELLS = """() => [...document.querySelectorAll('table.cards')].flatMap((table) => {
  const heads = [...table.tHead.rows[0].cells].map((head) => head.innerText.replace('↓', '').trim());
  return [...table.tBodies[0].rows].flatMap((row) => [...row.cells].map((cell, place) => ({
    text: cell.innerText.trim(),
    label: getComputedStyle(cell, '::before').content.replace(/^none$|^"|"$/g, ''),
    heading: heads[place],
    shows: cell.checkVisibility(),
    figure: cell.matches('.number, .nowrap'),
  }))); }).filter((cell) => cell.shows && cell.text)"""


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_figure_has_its_label(shared: Running, window: Window, language: str) -> None:
    """Amounts, shares, days and dates carry their column's heading; nothing is a bare dash; on a desk the heading is enough."""
    shared.world.clock.forward(seconds=1)
    page = window.open(shared.launch(locale=language))
    for path in ("/app/overview", "/app/customers", "/app/offers", "/app/offers?status=held_out"):
        follow(page, path)
        page.set_viewport_size({"width": 390, "height": 900})
        cells = page.evaluate(CELLS)
        figures = [cell for cell in cells if cell["figure"]]
        assert len(figures) >= 6
        assert [cell for cell in figures if cell["label"].strip() != cell["heading"]] == []
        assert [cell for cell in cells if not any(letter.isalnum() for letter in cell["text"])] == []
        page.set_viewport_size({"width": 1280, "height": 900})
        assert {cell["label"] for cell in page.evaluate(CELLS)} == {""}


def test_what_was_not_given_has_no_code_in_words(shared: Running, window: Window) -> None:
    """Beside the control group's badge, and at a reminder; at every width."""
    shared.world.clock.forward(seconds=1)
    page = window.open(shared.launch())
    follow(page, "/app/offers?status=held_out")
    for width in (1280, 390):
        page.set_viewport_size({"width": width, "height": 900})
        expect(page.locator("tbody th").first).to_have_text("No code")
        expect(page.locator("tbody .badge").first).to_have_text("In control group")
    assert faults(page, widths=(390, 320)) == []
