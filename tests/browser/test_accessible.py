"""axe finds nothing: WCAG 2.0 to 2.2, A and AA, and best practice, while somebody works with a page.

The states that a shop can be in are in ``test_states``, the pages of one that runs in the journeys.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from storage import offers
from tests.browser.axe import faults, sideways, unfold, violations
from tests.browser.conftest import Running, Screen, Window
from tests.pages import habits

pytestmark = pytest.mark.browser
RULES = "/app/rules"
LANGUAGES = ("en", "zh-Hans")
WAIT = '[name="limits.wait_days"]'


def press(page: Page, what: str) -> None:
    """A button of the save bar."""
    page.locator(f"#savebar [type={what}]").click()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_overview_with_everything_unfolded(running: Running, window: Window, language: str) -> None:
    """Every table behind a chart, every reason behind an offer, the findings of how customers buy."""
    habits.keep(running.world, followers=habits.FOLLOWERS, replenishment=habits.REPLENISHMENT)
    page = window.open(running.launch(locale=language))
    expect(page.locator(".matrix")).to_be_visible()
    expect(page.locator("ul:below(#s-habits)").first).to_be_visible()
    unfold(page)

    assert faults(page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_rules_while_they_are_edited(running: Running, window: Window, screen: Screen, language: str) -> None:
    """Errors and warnings in rows that were added, then a toast with its button, then somebody else's change."""
    window.expected = ("422", "409")
    page = window.open(running.launch(RULES, locale=language))
    unfold(page)
    for rows in ("loyalty.tiers", "loyalty.occasions", "surprise.gifts"):
        page.locator(f'[data-list="{rows}"] [data-add]').click()
    expect(page.locator('[name="surprise.gifts.0.type"]')).to_have_count(1)
    unfold(page)
    page.locator('[name="surprise.gifts.0.type"]').select_option("gift")
    page.locator('[name="loyalty.occasions.0.on"]').select_option("group")
    page.locator('[name="win_back.timing.rule"][value="days"]').check()
    page.locator('[name="holdout_percent"]').fill("0")
    page.locator(WAIT).fill("6")
    press(page, "submit")
    expect(page.locator('[id="error-limits.wait_days"]')).to_be_visible()
    found = faults(page)
    screen(page, f"rules-errors-320-{language}")
    press(page, "reset")
    expect(page.locator('[id="error-limits.wait_days"]')).to_have_count(0)
    page.locator(WAIT).fill("50")
    press(page, "submit")
    expect(page.locator("#toast button")).to_be_visible()
    # a message goes after ten seconds
    found += faults(page, widths=(390,))
    running.world.clock.forward(seconds=5)
    other = window.open(running.launch(RULES))
    other.locator(WAIT).fill("60")
    press(other, "submit")
    expect(other.locator("#savebar")).to_be_hidden()
    other.context.close()
    page.locator(WAIT).fill("70")
    press(page, "submit")
    expect(page.locator("#conflict [role=alert]")).to_be_visible()
    found += faults(page)
    screen(page, f"rules-conflict-320-{language}")

    assert found == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_question_before_an_act(shared: Running, window: Window, screen: Screen, language: str) -> None:
    """The dialog over a customer's page; Escape closes it and nothing has happened."""
    with shared.world.runtime.database.reading() as db:
        offer = next(one for one in offers.every(db, 1) if one.state == "issued" and one.code)
    shared.world.clock.forward(seconds=1)
    page = window.open(shared.launch(f"/app/customers/{offer.customer_id}", locale=language))
    page.locator("[data-ask]").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found = faults(page)
    screen(page, f"cancel-offer-320-{language}")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()

    assert found == []


def test_a_shell_and_the_end_of_a_session(running: Running, window: Window) -> None:
    """Also a page that shows nothing of a shop is a page."""
    window.expected = ("401",)
    page = window.open(f"{running.url}{RULES}")
    expect(page.locator("h1")).to_have_text("Your session ended")

    assert faults(page) == []


def test_an_address_that_leads_nowhere(running: Running, window: Window) -> None:
    """The page says so and is one."""
    window.expected = ("404",)
    page = window.open(f"{running.url}/app/nothing")
    expect(page.locator("h1")).to_have_text("This page does not exist")

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
    assert sideways(page) == 0
