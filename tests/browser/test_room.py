"""What stands below each other or side by side has room, and no word of a heading is torn, in both languages."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.axe import HEIGHT, unfold
from tests.browser.conftest import Running, Window, follow, served
from tests.pages import habits

pytestmark = pytest.mark.browser
PAGES = ("/app/overview", "/app/overview/report", "/app/overview/report?by=first_product&show=revenue&orders=3",
         "/app/rules", "/app/customers", "/app/offers")  # fmt: skip
WIDTHS = (1280, 390)
LEAST_PX, BELOW_HELP_PX = 8, 6
#: what stands below a table or a chart, and how far
BELOW = """() => [...document.querySelectorAll('main :is(.scroll, table, svg[role=img])')].flatMap((it) => {
  let next = it.nextElementSibling;
  while (next && !(next.checkVisibility() && next.textContent.trim())) next = next.nextElementSibling;
  return next && it.checkVisibility() && next.tagName !== 'TABLE' ? [{ text: next.textContent.trim().slice(0, 60),
    room: Math.round(next.getBoundingClientRect().top - it.getBoundingClientRect().bottom) }] : []; })"""
#: what stands below a line of help and can be filled in or pressed, and how far
FIELDS = """() => [...document.querySelectorAll('main .help')].flatMap((it) => {
  let next = it.nextElementSibling;
  while (next && !(next.checkVisibility() && next.getBoundingClientRect().height)) next = next.nextElementSibling;
  return next && it.checkVisibility() && (next.matches('button, input') || next.querySelector('button, input, select'))
    ? [{ text: it.textContent.trim().slice(0, 60), room: Math.round(next.getBoundingClientRect().top - it.getBoundingClientRect().bottom) }] : []; })"""
#: headings of which a line holds a single letter, as a narrow column leaves of a Chinese word
TORN = """() => [...document.querySelectorAll('main thead th, main h2, main h3, main dt, main label > span, main .chooser a')].flatMap((it) => {
  const lines = new Map(), walk = document.createTreeWalker(it, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!it.checkVisibility() || it.closest('.unseen') || it.closest('table')?.tHead?.clientWidth === 1 || node.parentElement.closest('.unseen')) continue;
    [...node.data].forEach((letter, place) => {
      const range = document.createRange(); range.setStart(node, place); range.setEnd(node, place + 1);
      const box = range.getBoundingClientRect();
      if (letter.trim() && box.width) lines.set(Math.round(box.top), (lines.get(Math.round(box.top)) || '') + letter); }); }
  return lines.size > 1 && [...lines.values()].some((line) => line.length === 1) ? [{ lines: [...lines.values()].join(' / ') }] : []; })"""


@pytest.fixture(scope="module")
def told(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:  # the fixture of the same name
    """The night has told the shop's own orders; nobody changes anything."""
    folder = tmp_path_factory.mktemp("room")
    shutil.copy(lived / "regulars.db", folder)
    with served(folder) as made:
        habits.name_products(made.world)
        habits.tell(made.world)
        yield made


def everywhere(page: Page, script: str) -> list[tuple[str, int, dict[str, object]]]:
    """What a script finds, on each page at each width, with everything unfolded."""
    found = []
    for path in PAGES:
        follow(page, path)
        unfold(page)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            found += [(path, width, one) for one in page.evaluate(script)]
    return found


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_nothing_touches_the_table_above_it(told: Running, window: Window, language: str) -> None:
    """A line of help below a table or a chart keeps its distance."""
    told.world.clock.forward(seconds=1)
    page = window.open(told.launch("/app/history", locale=language))
    found = everywhere(page, BELOW)

    assert len(found) > 40
    assert [one for one in found if one[2]["room"] < LEAST_PX] == []


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_no_heading_leaves_a_letter_alone(told: Running, window: Window, language: str) -> None:
    """A column is as wide as the words above it need, also on a phone, where its table scrolls if it must."""
    told.world.clock.forward(seconds=1)
    page = window.open(told.launch("/app/history", locale=language))

    assert everywhere(page, TORN) == []


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_no_field_touches_the_help_above_it(told: Running, window: Window, language: str) -> None:
    """Also where a row was added below it."""
    told.world.clock.forward(seconds=1)
    page = window.open(told.launch("/app/rules", locale=language))
    unfold(page)
    for rows in ("loyalty.occasions", "surprise.gifts"):
        page.locator(f'[data-list="{rows}"] [data-add]').click()
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        found = page.evaluate(FIELDS)
        assert found
        assert [one for one in found if one["room"] < BELOW_HELP_PX] == []
