"""Getting around: links, back and forward, reloads, languages, small screens."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from storage import programs
from tests.browser.axe import TABLET, WIDTHS, sideways
from tests.browser.conftest import PICTURES, SCREENS, Running, Screen, Window

pytestmark = pytest.mark.browser
OVERVIEW, RULES = "/app/overview", "/app/rules"


def versions(running: Running) -> int:
    """How often the rules were saved."""
    with running.world.runtime.database.reading() as db:
        return len(programs.history(db, running.world.shop.shop_id))


def test_links_back_and_forward_keep_the_place(running: Running, window: Window) -> None:
    """Title, heading, focus and the marked link follow, without loading the document anew."""
    page = window.open(running.launch())
    page.evaluate("() => { window.sameDocument = true; }")
    page.get_by_role("link", name="Rules", exact=True).click()
    expect(page.locator("h1")).to_have_text("Rules")
    expect(page.locator("h1")).to_be_focused()
    expect(page).to_have_title("Rules · Regulars")
    expect(page.locator('nav a[aria-current="page"]')).to_have_text("Rules")
    page.go_back()
    expect(page.locator("h1")).to_have_text("Overview")
    page.go_forward()
    expect(page.locator("h1")).to_have_text("Rules")

    assert page.evaluate("() => window.sameDocument") is True


def test_a_message_does_not_follow_to_the_next_page(running: Running, window: Window) -> None:
    """What was saved is told where it was saved; its Undo is in the history."""
    page = window.open(running.launch(RULES))
    page.locator('[name="limits.wait_days"]').fill("60")
    page.locator("#savebar [type=submit]").click()
    expect(page.locator("#toast")).to_contain_text("Rules saved")
    page.get_by_role("link", name="Offers", exact=True).click()
    expect(page.locator("h1")).to_have_text("Offers")
    expect(page.locator("#toast")).to_be_empty()


def test_the_token_leaves_the_address_and_a_reload_finds_back(running: Running, window: Window) -> None:
    """What stays names the place and the language, no secret; the session lives in the tab."""
    page = window.open(running.launch(RULES))
    expect(page.locator("h1")).to_have_text("Rules")

    assert page.url.endswith("/app/rules?s=standalone%3A1&locale=en")

    page.reload()
    expect(page.locator("#program")).to_be_visible()


def test_another_tab_has_no_session(running: Running, window: Window) -> None:
    """The address alone opens nothing."""
    window.expected = ("401",)
    first = window.open(running.launch(RULES))
    expect(first.locator("#program")).to_be_visible()
    second = window.open(first.url)
    expect(second.locator("h1")).to_have_text("Your session ended")


def test_the_language_can_be_changed(running: Running, window: Window) -> None:
    """One click, the same page, and it stays after a reload."""
    page = window.open(running.launch(RULES))
    page.get_by_role("link", name="简体中文").click()
    expect(page.locator("h1")).to_have_text("规则")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    page.reload()
    expect(page.locator("h1")).to_have_text("规则")


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
@pytest.mark.parametrize("path", [OVERVIEW, RULES])
def test_each_page_fits_and_has_its_picture(
    running: Running, window: Window, screen: Screen, path: str, language: str
) -> None:
    """No sideways scroll at any width."""
    page = window.open(running.launch(path, locale=language))
    expect(page.locator(".card").first).to_be_visible()
    if path == RULES:
        expect(page.locator("[data-preview] .large")).to_be_visible()
    wider = []
    for width in (*WIDTHS, TABLET):
        page.set_viewport_size({"width": width, "height": 900})
        screen(page, f"{path.rsplit('/', 1)[1]}-{width}-{language}")
        wider.append(sideways(page))

    assert wider == [0] * 4


@pytest.mark.parametrize("width", [1280, 390])
def test_an_undo_with_unsaved_changes_asks(running: Running, window: Window, width: int) -> None:
    """Staying keeps what was typed and undoes nothing; going on undoes, and what was typed is dropped."""
    page = window.open(running.launch(RULES), width=width)
    wait = page.locator('[name="limits.wait_days"]')
    wait.fill("60")
    answers = iter([False, True])
    page.on("dialog", lambda dialog: dialog.accept() if next(answers) else dialog.dismiss())
    undo = page.locator("[data-undo]:not([data-codes])")
    undo.click()
    expect(wait).to_have_value("60")
    expect(page.locator("#savebar")).to_be_visible()
    before = versions(running)
    undo.click()
    expect(page.locator("#toast")).to_contain_text("Change undone")
    expect(wait).to_have_value("45")

    assert next(answers, None) is None
    assert (before, versions(running)) == (3, 4)


def test_the_picture_of_the_readme(running: Running, window: Window) -> None:
    """The overview as it greets a merchant; where pictures are asked for, the first page of the repository gets this one."""
    page = window.open(running.launch(), width=1280, height=860)
    expect(page.locator(".matrix")).to_be_visible()
    if PICTURES:
        page.screenshot(path=SCREENS / "overview.png")
