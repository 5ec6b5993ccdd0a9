"""Looking around: the overview's switches, a search, an offer called back; in a foreign admin that frames the page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from playwright.sync_api import expect

from plugin.pages.launch import launch_url
from plugin.platforms.protocol import StoreInfo
from plugin.usecases import install
from storage import offers
from storage.shops import Shop
from tests.browser.axe import sideways
from tests.browser.conftest import Running, Screen, Window, listening
from tests.pages.world import NOW

pytestmark = pytest.mark.browser


@dataclass
class Admin:
    """The admin of a store that is not Shopify: a page at an address of its own around whatever it is told."""

    running: Running
    url: str
    frames: str = ""

    def open(self, shop: Shop, window: Window, **options: str) -> object:
        """Frames a fresh link."""
        self.frames = launch_url(self.running.world.runtime, shop, origin=self.running.url, **options)
        return window.open(self.url)


@pytest.fixture
def admin(running: Running) -> Iterator[Admin]:
    """A host page on a port of its own, which is an origin of its own."""
    app = Flask("admin")
    with listening(app) as (_server, url):
        made = Admin(running, url)
        app.add_url_rule(
            "/",
            view_func=lambda: (
                f'<link rel="icon" href="data:,"><h1>Store</h1><iframe id="app" width="900" height="700" src="{made.frames}">'
            ),
        )
        yield made


def magento(running: Running, domain: str) -> Shop:
    """A connected Magento store at an address."""
    info = StoreInfo(name="Corner Shop", currency="USD", timezone="UTC", scopes=())
    with running.world.runtime.database.transaction() as db:
        return install.begin(db, platform="magento", domain=domain, info=info, sealed=b"sealed", now=NOW)


def test_a_switch_changes_a_part_and_leaves_the_reader_there(running: Running, window: Window) -> None:
    """Focus stays on the choice, the page does not jump, the address can be sent to someone; the table opens."""
    page = window.open(running.launch(), height=600)
    second = page.locator("#gap-second")
    second.scroll_into_view_if_needed()
    before = page.evaluate("() => window.scrollY")
    sentence = page.locator("#s-gaps + p").inner_text()
    second.focus()
    page.keyboard.press("Enter")
    expect(second).to_have_attribute("aria-current", "true")
    expect(second).to_be_focused()
    expect(page.locator("#s-gaps + p")).not_to_have_text(sentence)

    expect(page).to_have_url(re.compile("gap=second"))
    assert abs(page.evaluate("() => window.scrollY") - before) < 100

    page.locator("#period-30").click()
    expect(page.locator("#period-30")).to_have_attribute("aria-current", "true")
    expect(second).to_have_attribute("aria-current", "true")
    table = page.locator("section:has(#s-gaps) details")
    table.locator("summary").click()
    expect(table.locator("table")).to_be_visible()


def test_the_set_up_card_is_put_away_with_the_keyboard(running_new: Running, window: Window) -> None:
    """It is gone at once and after a reload, without a cookie; the reader is told and stands at the top."""
    page = window.open(running_new.launch())
    button = page.get_by_role("button", name="Dismiss the set-up card")
    button.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("The set-up card is put away.")
    expect(page.locator("#s-setup")).to_have_count(0)
    expect(page.locator("h1")).to_be_focused()
    page.reload()
    expect(page.locator(".metrics")).to_be_visible()
    expect(page.locator("#s-setup")).to_have_count(0)

    assert page.context.cookies() == []


def test_the_cohorts_scroll_inside_their_card_only(running: Running, window: Window) -> None:
    """With the keyboard, the first column staying in place; the page itself never goes sideways."""
    page = window.open(running.launch(), width=320)
    region = page.locator(".scroll:has(.cohorts)")
    region.focus()
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelector('.scroll:has(.cohorts)').scrollLeft > 0")
    first = region.locator("tbody th").first.bounding_box()
    card = region.bounding_box()

    assert first is not None
    assert card is not None
    assert abs(first["x"] - card["x"]) < 4
    assert sideways(page) == 0


def test_a_search_is_a_chip_that_can_be_taken_off(running: Running, window: Window) -> None:
    """By the beginning of the customer's number; filters and search add up and go one by one."""
    page = window.open(running.launch("/app/customers"))
    page.get_by_label("Customer number").fill("70000")
    page.get_by_label("Status").select_option("late")
    page.get_by_role("button", name="Filter").click()
    chips = page.locator(".chips a")
    expect(chips).to_have_count(2)
    expect(page.locator("tbody th").first).to_contain_text("70000")
    page.get_by_role("link", name="Remove filter: Number begins with 70000").click()
    expect(chips).to_have_count(1)
    expect(page.get_by_label("Customer number")).to_have_value("")
    page.reload()
    expect(page.get_by_label("Status")).to_have_value("late")


def test_an_offer_is_called_back_after_a_question(running: Running, window: Window, screen: Screen) -> None:
    """With the keyboard: Escape keeps it; confirmed, a message says so and the offer is no longer offered to cancel."""
    with running.world.runtime.database.reading() as db:
        offer = next(one for one in offers.every(db, 1) if one.state == "issued" and one.code)
    page = window.open(running.launch(f"/app/customers/{offer.customer_id}"))
    ask = page.locator(".open-offer", has_text=str(offer.code)).get_by_role("button", name="Cancel this offer")
    ask.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("The code stops working in your store.")
    screen(page, "cancel-offer-1280-en")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    expect(ask).to_be_focused()
    page.keyboard.press("Enter")
    dialog.get_by_role("button", name="Cancel the offer").click()
    expect(page.locator("#toast")).to_contain_text("Offer cancelled")
    expect(page.locator(".open-offer", has_text=str(offer.code))).to_have_count(0)
    with running.world.runtime.database.reading() as db:
        kept = offers.get(db, 1, offer.offer_id)

    assert kept is not None
    assert kept.unwanted


def test_another_admin_frames_its_own_stores_page(
    admin: Admin, running: Running, window: Window, screen: Screen
) -> None:
    """Magento: our own link in a foreign frame; inside it one walks about, and a reload finds back without a link."""
    page = admin.open(magento(running, admin.url), window, path="/app/rules", locale="zh_Hans")
    app = page.frame_locator("#app")
    expect(app.locator("h1")).to_have_text("规则")
    expect(app.locator("html")).to_have_attribute("data-host", "magento")
    app.get_by_role("link", name="优惠").click()
    expect(app.locator("h1")).to_have_text("优惠")
    screen(page, "magento-offers-zh-Hans")
    frame = next(one for one in page.frames if one != page.main_frame)
    frame.evaluate("() => location.reload()")
    expect(app.locator("h1")).to_have_text("优惠")
    expect(app.locator(".empty")).to_be_visible()


def test_no_other_site_frames_it(admin: Admin, running: Running, window: Window) -> None:
    """Neither a store's page nor one that is opened by a link alone."""
    window.expected = ("frame-ancestors", "refused to connect", "Framing")
    for shop in (magento(running, "https://somewhere.example"), running.world.shop):
        page = admin.open(shop, window)
        frame = next(one for one in page.frames if one != page.main_frame)
        expect(page.locator("h1")).to_have_text("Store")

        assert frame.locator("main").count() == 0
