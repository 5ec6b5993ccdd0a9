"""axe finds nothing: WCAG 2.0 to 2.2, A and AA, and best practice, on every page, state, width and language."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import Running, Window

pytestmark = pytest.mark.browser
RULES = "/app/rules"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: so tall that no sticky bar covers a field, which axe would count as a small target
TALL = 5_000


def violations(page: Page) -> list[str]:
    """What axe finds on a page at rest, with the first place of each."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    found = Axe().run(page, options={"runOnly": {"type": "tag", "values": TAGS}}).response["violations"]
    return [f"{each['id']}: {each['help']}: {each['nodes'][0]['html'][:200]}" for each in found]


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("width", [1280, 390, 320])
def test_pages_as_they_open(running: Running, window: Window, width: int, language: str) -> None:
    """Overview with all details open; the other pages have theirs in the journeys of the lists and the preview."""
    page = window.open(running.launch(locale=language), width=width, height=TALL)
    expect(page.locator(".matrix")).to_be_visible()
    page.evaluate("() => document.querySelectorAll('details').forEach((part) => { part.open = true; })")

    assert violations(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_rules_while_they_are_edited(running: Running, window: Window, width: int) -> None:
    """With all details open, errors, warnings, an added tier, occasion and gift, the save bar, then a toast."""
    window.expected = ("422",)
    page = window.open(running.launch(RULES), width=width, height=TALL)
    page.evaluate("() => document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    for name in ("Add tier", "Add occasion", "Add gift"):
        page.get_by_role("button", name=name).click()
    page.evaluate("() => document.querySelectorAll('details').forEach((part) => { part.open = true; })")
    page.locator('[name="surprise.gifts.0.type"]').select_option("gift")
    page.locator('[name="loyalty.occasions.0.on"]').select_option("group")
    page.get_by_label("After a fixed number of days").check()
    page.locator('[name="holdout_percent"]').fill("0")
    page.locator('[name="limits.wait_days"]').fill("6")
    page.locator("#savebar").get_by_role("button", name="Save").click()
    expect(page.locator('[id="error-limits.wait_days"]')).to_be_visible()
    with_errors = violations(page)
    page.locator("#savebar").get_by_role("button", name="Discard").click()
    expect(page.locator('[id="error-limits.wait_days"]')).to_be_hidden()
    page.locator('[name="limits.wait_days"]').fill("50")
    page.locator("#savebar").get_by_role("button", name="Save").click()
    expect(page.locator("#toast button")).to_be_visible()

    assert with_errors + violations(page) == []


@pytest.mark.parametrize("width", [1280, 390])
def test_pages_of_a_new_shop(running_new: Running, window: Window, width: int) -> None:
    """Set-up steps and empty states."""
    page = window.open(running_new.launch(), width=width, height=TALL)
    expect(page.locator(".steps")).to_be_visible()

    assert violations(page) == []


def test_a_shell_and_the_end_of_a_session(running: Running, window: Window) -> None:
    """Also a page that shows nothing of a shop is a page."""
    window.expected = ("401",)
    page = window.open(f"{running.url}{RULES}")
    expect(page.locator("h1")).to_have_text("Your session ended")

    assert violations(page) == []


def test_wider_letters_and_lines_cut_nothing(running: Running, window: Window) -> None:
    """WCAG 1.4.12: text spacing set by the reader."""
    page = window.open(running.launch(RULES), width=390)
    expect(page.locator("#program")).to_be_visible()
    page.evaluate(
        """() => { const sheet = new CSSStyleSheet();
        sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important; }');
        document.adoptedStyleSheets = [sheet]; }"""
    )
    cut = page.evaluate(
        """() => [...document.querySelectorAll('main :is(p, label, h1, h2, h3, button, td, th, li)')].filter((part) =>
        part.checkVisibility() && !part.closest('.unseen') && !part.matches('.unseen') && part.scrollWidth > part.clientWidth + 1
        && getComputedStyle(part).display !== 'inline').map((part) => part.outerHTML.slice(0, 120))"""
    )

    assert cut == []
    assert page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth") == 0
