"""The pages inside a store's admin: framed by the right one only, with its tokens, its save bar and its toasts."""

from __future__ import annotations

import pytest
from playwright.sync_api import FrameLocator, Page, Route, expect

from storage import programs
from tests.browser.conftest import Running, Screen, Window, wait_until

pytestmark = pytest.mark.browser
NAVIGATION = {
    "en": ["Overview", "Rules", "Customers", "Offers", "History"],
    "zh-CN": ["概览", "规则", "客户", "优惠", "历史记录"],
}
RULES = "/app/rules"
WAIT = '[name="limits.wait_days"]'


def framed(page: Page) -> FrameLocator:
    """The app inside the admin."""
    return page.frame_locator("#app")


@pytest.mark.parametrize("locale", ["en", "zh-CN"])
def test_the_admin_shows_the_page(in_admin: Running, window: Window, screen: Screen, locale: str) -> None:
    """In the admin's language, with the admin's navigation instead of ours."""
    page = window.open(in_admin.admin(locale=locale), height=1400)
    app = framed(page)
    expect(app.locator("h1")).to_have_text("Overview" if locale == "en" else "概览")
    expect(app.locator(".matrix")).to_be_visible()
    expect(app.locator("header.top")).to_have_count(0)
    expect(page.locator("#links a")).to_have_text(NAVIGATION[locale])
    screen(page, f"admin-overview-{locale}")


def test_save_and_undo_go_through_the_admin(in_admin: Running, window: Window, screen: Screen) -> None:
    """Its save bar, its toast with our Undo."""
    page = window.open(in_admin.admin(RULES))
    app = framed(page)
    app.locator(WAIT).fill("60")
    expect(page.locator("#save")).to_be_visible()
    screen(page, "admin-rules")
    page.locator('#save [data-tell="save"]').click()
    expect(page.locator("#toast")).to_contain_text("Rules saved")
    expect(page.locator("#save")).to_be_hidden()
    expect(app.locator(WAIT)).to_have_value("60")
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(app.locator(WAIT)).to_have_value("45")


def test_discard_goes_through_the_admin(in_admin: Running, window: Window) -> None:
    """After its question."""
    page = window.open(in_admin.admin(RULES))
    page.on("dialog", lambda dialog: dialog.accept())
    framed(page).locator(WAIT).fill("60")
    page.locator('#save [data-tell="discard"]').click()
    expect(framed(page).locator(WAIT)).to_have_value("45")
    expect(page.locator("#save")).to_be_hidden()


def test_the_admins_links_lead_through_the_app(in_admin: Running, window: Window) -> None:
    """And with unsaved changes the admin asks first."""
    page = window.open(in_admin.admin())
    app = framed(page)
    expect(app.locator("h1")).to_have_text("Overview")
    page.get_by_role("link", name="Rules").click()
    expect(app.locator("h1")).to_have_text("Rules")
    app.locator(WAIT).fill("60")
    answers = iter([False, True])
    page.on("dialog", lambda dialog: dialog.accept() if next(answers) else dialog.dismiss())
    page.get_by_role("link", name="Overview").click()
    expect(app.locator(WAIT)).to_have_value("60")
    page.get_by_role("link", name="Overview").click()
    expect(app.locator("h1")).to_have_text("Overview")


def test_an_earlier_version_is_restored_through_the_admin(in_admin: Running, window: Window, screen: Screen) -> None:
    """Its save bar is up with the version; discarded, the rules in force are back; saved, it is a new version."""
    window.expected = ("428",)
    page = window.open(in_admin.admin("/app/history"))
    page.on("dialog", lambda dialog: dialog.accept())
    app = framed(page)
    win_back = app.locator('[name="win_back.enabled"]')
    for tell in ("discard", "save"):
        app.get_by_role("link", name="Restore Version 2").click()
        expect(app.locator(".banner.after")).to_contain_text("Version 2 is shown. It is not saved yet")
        expect(page.locator("#save")).to_be_visible()
        expect(win_back).not_to_be_checked()
        if tell == "discard":
            screen(page, "admin-restore")
            page.locator('#save [data-tell="discard"]').click()
            expect(win_back).to_be_checked()
            expect(page.locator("#save")).to_be_hidden()
            page.get_by_role("link", name="History").click()
    page.locator('#save [data-tell="save"]').click()
    app.get_by_role("dialog").get_by_role("button", name="Keep them").click()
    expect(page.locator("#toast")).to_contain_text("Rules saved")
    expect(page.locator("#save")).to_be_hidden()
    expect(win_back).not_to_be_checked()
    with in_admin.world.runtime.database.reading() as db:
        kept = programs.history(db, 1)

    assert kept[0].body == kept[2].body
    assert len(kept) == 4


@pytest.mark.parametrize("choice", ["mine", "theirs"])
def test_two_at_once_in_the_admin(in_admin: Running, window: Window, screen: Screen, choice: str) -> None:
    """The second is told inside the frame what the first changed, and chooses; the save bar follows."""
    window.expected = ("409",)
    first, page = window.open(in_admin.admin(RULES)), window.open(in_admin.admin(RULES))
    app = framed(page)
    page.on("dialog", lambda dialog: dialog.accept())
    for each, days in ((first, "60"), (page, "90")):
        framed(each).locator(WAIT).fill(days)
        each.locator('#save [data-tell="save"]').click()
        if each == first:
            expect(first.locator("#toast")).to_contain_text("Rules saved")
    banner = app.locator("#conflict .banner")
    expect(banner).to_contain_text("45 days → 60 days")
    expect(app.locator(WAIT)).to_have_value("90")
    screen(page, f"admin-conflict-{choice}")
    banner.locator("[data-over]" if choice == "mine" else "[data-theirs]").click()
    expect(banner).to_have_count(0)
    expect(page.locator("#save")).to_be_hidden()
    expect(app.locator(WAIT)).to_have_value("90" if choice == "mine" else "60")


def test_a_reload_inside_the_frame_recovers(in_admin: Running, window: Window) -> None:
    """Without the admin's token in the address, with a fresh one from the admin."""
    page = window.open(in_admin.admin(RULES))
    expect(framed(page).locator("#program")).to_be_visible()
    page.wait_for_load_state("networkidle")  # what the page still asks carries the token of before
    frame = page.frames[1]
    in_admin.world.clock.forward(minutes=30)
    frame.evaluate("() => location.reload()")
    expect(framed(page).locator("#program")).to_be_visible()

    assert "id_token" not in page.frames[1].url


def test_no_other_site_can_frame_the_page(in_admin: Running, window: Window) -> None:
    """A stranger's page with a good address in a frame shows nothing of it."""
    window.expected = ("frame-ancestors", "ERR_BLOCKED_BY_RESPONSE", "refused to connect")
    address = f"{in_admin.url}{RULES}?id_token={in_admin.world.id_token()}"

    def stranger(route: Route) -> None:
        route.fulfill(content_type="text/html", body=f'<h1>Stranger</h1><iframe id="app" src="{address}"></iframe>')

    page = window.open("about:blank")
    page.context.route("http://stranger.example/**", stranger)
    page.goto("http://stranger.example/")
    wait_until(page, lambda: len(page.frames) > 1 and page.frames[1].url not in {"", "about:blank"})

    assert page.frames[1].url.startswith("chrome-error://")
