"""What stands below each other or side by side has room, and no word of a heading is torn, in both languages."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.browser.axe import HEIGHT, unfold
from tests.browser.conftest import Running, Window, follow

pytestmark = pytest.mark.browser
RULES = "/app/rules"
#: the rules last: what was added to them is not saved
PAGES = (
    "/app/overview", "/app/overview/report", "/app/overview/report?by=first_product&show=revenue&orders=3", "/app/customers",
    "/app/offers", RULES,
)  # fmt: skip
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


def room(page: Page) -> tuple[int, list[str]]:
    """At how much was looked; what stands too close to what is above it, and headings that leave a letter alone."""
    below, fields, torn = (page.evaluate(script) for script in (BELOW, FIELDS, TORN))
    close = [one for one in below if one["room"] < LEAST_PX] + [one for one in fields if one["room"] < BELOW_HELP_PX]
    return len(below) + len(fields), [f"{page.url} {page.viewport_size}: {one}" for one in close + torn]


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_nothing_touches_what_is_above_it_and_no_heading_is_torn(told: Running, window: Window, language: str) -> None:
    """Help below a table, a field below its help, also where a row was added; a column is as wide as its words need."""
    told.world.clock.forward(seconds=1)
    page = window.open(told.launch("/app/history", locale=language))
    looked = 0
    found: list[str] = []
    for path in PAGES:
        follow(page, path)
        unfold(page)
        if path == RULES:
            for rows in ("loyalty.occasions", "surprise.gifts"):
                page.locator(f'[data-list="{rows}"] [data-add]').click()
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": HEIGHT})
            count, wrong = room(page)
            looked += count
            found += wrong

    assert looked > 40
    assert found == []
