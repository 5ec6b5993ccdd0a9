"""A merchant sees what a change would do before saving it; on one shop for all, whose rules are never saved."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Request, expect

from tests.browser.axe import WIDTHS, faults, unfold
from tests.browser.conftest import Running, Screen, Window

pytestmark = pytest.mark.browser
RULES = "/app/rules"
HIGHEST = '[name="limits.highest_percent"]'
#: after the last key, before it is asked
WAIT_MS = 300


def preview(page: Page) -> str:
    """The text of the preview, once it is worked out."""
    expect(page.locator("[data-preview] .large")).to_be_visible()
    expect(page.locator("[data-preview][aria-busy]")).to_have_count(0)
    return page.locator("[data-preview]").inner_text()


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_the_preview_follows_the_form(shared: Running, window: Window, screen: Screen, language: str) -> None:
    """It begins with the saved rules, changes with the form, names customers, is accessible and fits in every width."""
    page = window.open(shared.launch(RULES, locale=language))
    before = preview(page)
    as_saved = faults(page)
    page.locator(HIGHEST).fill("4")
    expect(page.locator("[data-preview] details")).to_have_count(2)
    after = preview(page)
    unfold(page)
    changed = []
    for width in WIDTHS:
        changed += faults(page, widths=(width,))
        screen(page, f"preview-{width}-{language}")

    assert before != after
    assert as_saved + changed == []


def test_many_keys_are_one_request_and_one_line_is_said(shared: Running, window: Window) -> None:
    """What was asked before is given up; the status line tells the sum, nothing else is announced."""
    page = window.open(shared.launch(RULES))
    preview(page)
    asked: list[Request] = []
    page.on("request", lambda request: asked.append(request) if "preview" in request.url else None)
    # the page's time stands still, so that a slow machine types no slower than a fast one
    page.clock.install(time=0)
    page.clock.pause_at(1_000)
    page.locator(HIGHEST).press("End")
    page.locator(HIGHEST).press_sequentially("\b\b12")
    page.clock.run_for(WAIT_MS - 1)
    assert asked == []
    with page.expect_request("**/program/preview"):
        page.clock.run_for(1)
    preview(page)
    page.clock.run_for(10 * WAIT_MS)
    expect(page.locator("p[data-line][role=status]")).to_contain_text("of the budget")

    assert len(asked) == 1
    assert page.locator("[data-preview] [role=status]").count() == 0


def test_a_faulty_form_keeps_the_numbers_and_says_so(shared: Running, window: Window) -> None:
    """The field is marked once it is left, the note stands on top, and a right value takes both away."""
    page = window.open(shared.launch(RULES))
    before = preview(page)
    page.locator(HIGHEST).fill("lots")
    expect(page.locator("[data-stale]")).to_be_visible()
    expect(page.locator('[id="error-limits.highest_percent"]')).to_be_hidden()
    page.keyboard.press("Tab")
    expect(page.locator('[id="error-limits.highest_percent"]')).to_have_text("Enter a number.")
    assert preview(page) == before
    page.locator(HIGHEST).fill("20")
    expect(page.locator("[data-stale]")).to_be_hidden()


def test_on_a_telephone_one_line_leads_to_it(shared: Running, window: Window) -> None:
    """The bar at the lower edge stays in sight and jumps to the preview; on a desk there is none."""
    page = window.open(shared.launch(RULES), width=390, height=800)
    bar = page.locator(".peek")
    expect(bar).to_contain_text("of the budget")
    expect(bar).to_be_in_viewport()
    bar.click()
    expect(page.locator("#preview")).to_be_in_viewport()
    expect(page.locator("h1")).to_have_text("Rules")
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(bar).to_be_hidden()
