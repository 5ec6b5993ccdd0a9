"""From a number on the overview to a customer and their reasons; lists, files and earlier rules; on one shop for all."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from storage import customers, offers, programs
from tests.browser.axe import HEIGHT, TABLET, WIDTHS, faults, sideways
from tests.browser.conftest import Running, Screen, Window, follow

pytestmark = pytest.mark.browser
LANGUAGES = ("en", "zh-Hans")


def someone(shared: Running, state: str) -> str:
    """A customer with an offer in this state."""
    with shared.world.runtime.database.reading() as db:
        return next(offer.customer_id for offer in offers.every(db, 1) if offer.state == state)


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_page_is_accessible_fits_and_has_its_picture(
    shared: Running, window: Window, screen: Screen, language: str
) -> None:
    """Axe finds nothing, nothing is wider than the window; one document, then fragment after fragment, in every width."""
    page = window.open(shared.launch("/app/history", locale=language))
    found = {}
    pages = {
        "history": "/app/history", "offers": "/app/offers", "customers": "/app/customers",
        "customers-none": "/app/customers?group=champions&status=lost&r=1",
        "customer-offer": f"/app/customers/{someone(shared, 'issued')}",
        "customer-held-out": f"/app/customers/{someone(shared, 'held_out')}",
    }  # fmt: skip
    for name, path in pages.items():
        follow(page, path)
        for width in WIDTHS:
            found[name, width] = faults(page, widths=(width,))
            screen(page, f"{name}-{width}-{language}")
        page.set_viewport_size({"width": TABLET, "height": HEIGHT})
        found[name, TABLET] = sideways(page)
        screen(page, f"{name}-{TABLET}-{language}")

    assert not any(found.values()), found


def test_from_the_grid_to_a_customer_and_out_of_offers(shared: Running, window: Window) -> None:
    """A cell opens its customers, a row its reasons, the switch is saved at once and still set after a reload."""
    page = window.open(shared.launch())
    cell = page.locator(".matrix td a").last
    count = cell.inner_text()
    cell.click()
    expect(page.locator("h1")).to_have_text("Customers")
    expect(page.locator(".head p")).to_have_text(f"{count} found")
    expect(page).to_have_url(re.compile("r=5&value="))
    page.locator("tbody th a").first.click()
    expect(page.locator(".checks li").first).to_be_visible()
    who = page.locator("h1").inner_text()
    expect(page.locator('nav a[aria-current="page"]')).to_have_text("Customers")
    expect(page).to_have_title(f"{who} · Regulars")
    switch = page.get_by_role("switch", name="Leave this customer out of offers")
    switch.focus()
    page.keyboard.press("Space")
    expect(page.locator("#toast")).to_contain_text("Saved")
    page.reload()
    expect(switch).to_be_checked()
    with shared.world.runtime.database.reading() as db:
        assert customers.left_out(db, 1, [who]) == {who}
    switch.click()
    expect(page.locator("#toast")).to_contain_text("Saved")
    page.go_back()
    expect(page.locator(".head p")).to_have_text(f"{count} found")


def test_filters_are_the_address_and_survive_a_reload(shared: Running, window: Window) -> None:
    """Chosen with the keyboard; sorting keeps them; the next page is another address."""
    page = window.open(shared.launch("/app/customers"))
    page.get_by_label("Status").select_option("lost")
    page.get_by_label("Status").press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_be_focused()
    expect(page).to_have_url(re.compile("status=lost"))
    page.get_by_role("link", name="Spent in 12 months").click()
    expect(page.locator("th[aria-sort=descending]")).to_contain_text("Spent in 12 months")
    expect(page).to_have_url(re.compile("sort=spend"))
    page.reload()
    expect(page.get_by_label("Status")).to_have_value("lost")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".paging")).to_contain_text("51–")


def test_offers_come_as_a_file(shared: Running, window: Window) -> None:
    """Fetched with the token, as filtered."""
    page = window.open(shared.launch("/app/offers"))
    page.get_by_label("Status").select_option("held_out")
    page.get_by_role("button", name="Filter").click()
    expect(page.locator("tbody .badge").first).to_have_text("In control group")
    with page.expect_download() as told:
        page.get_by_role("button", name="Export as CSV").click()
    lines = told.value.path().read_text().splitlines()

    assert told.value.suggested_filename == "offers.csv"
    assert lines[0].startswith("offer_id,customer_id,kind")
    assert all(",held_out," in line for line in lines[1:])


def test_an_earlier_version_is_a_change_until_it_is_saved(shared: Running, window: Window, screen: Screen) -> None:
    """Restore shows it unsaved; Discard keeps the rules in force, Save puts it in force as a new version."""
    window.expected = ("428",)
    page = window.open(shared.launch("/app/history"))
    page.get_by_role("link", name="Restore Version 2").click()
    expect(page.locator(".banner.after")).to_contain_text("Version 2 is shown. It is not saved yet")
    expect(page.locator("#savebar")).to_be_visible()
    screen(page, "restore-1280-en")
    page.locator("#savebar").get_by_role("button", name="Discard").click()
    expect(page.locator("#savebar")).to_be_hidden()
    expect(page.locator('[name="win_back.enabled"]')).to_be_checked()
    page.go_back()
    expect(page.locator("#savebar")).to_be_visible()
    page.locator("#savebar").get_by_role("button", name="Save").click()
    page.get_by_role("dialog").get_by_role("button", name="Keep them").click()
    expect(page.locator("#toast")).to_contain_text("Rules saved")
    expect(page.locator("#savebar")).to_be_hidden()
    expect(page.locator('[name="win_back.enabled"]')).not_to_be_checked()
    with shared.world.runtime.database.reading() as db:
        kept = programs.history(db, 1)
    assert kept[0].body == kept[2].body
    page.locator("#toast").get_by_role("button", name="Undo").click()
    expect(page.locator('[name="win_back.enabled"]')).to_be_checked()
