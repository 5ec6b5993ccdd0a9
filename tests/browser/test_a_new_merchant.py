"""A merchant who has read nothing: opens the app in the admin, sees the orders come in, changes a rule, turns win-back on, sees an offer."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import FrameLocator, Page, expect

from plugin.cli.demo.world import World, opened
from plugin.sandbox import diary
from storage import offers, programs
from tests.browser.conftest import Screen, Window
from tests.journeys.pasts import BEGIN, EVERYTHING, free_port

pytestmark = pytest.mark.browser
PEOPLE, GAPS_DAYS = 45, (20, 30, 45)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A store with a year behind it, in which nobody has opened the app yet."""
    with opened(tmp_path, free_port()) as made:
        made.store.scopes = (*made.store.scopes, *EVERYTHING)
        told = made.store.subscriptions
        made.store.subscribe({})
        for at, who in sorted(visits(random.Random(3))):
            made.clock.set(at)
            diary.know(made.store, who, "Ada Tester", at)
            made.store.checkout(customer_id=who, total=f"{30 + who % 50}.00")
        made.store.subscribe(told)
        made.clock.set(BEGIN)
        yield made


def visits(chance: random.Random) -> Iterator[tuple[datetime, int]]:
    """Everyone buys by a rhythm of their own; some stopped a while ago."""
    for place in range(PEOPLE):
        gap, stopped = GAPS_DAYS[place % len(GAPS_DAYS)], (place % 4 == 0) * (50 + place)
        at = BEGIN - timedelta(days=330 - place % 30)
        while at < BEGIN - timedelta(days=stopped):
            yield at, 7_000_000_000_001 + place
            at += timedelta(days=gap * chance.uniform(0.8, 1.2))


@pytest.mark.parametrize("width", [1280, 390])
def test_from_the_first_look_to_the_first_offer(world: World, window: Window, screen: Screen, width: int) -> None:
    """Nothing is given before the merchant says so; what has to be done next stands on the page, each time."""
    window.expected = ("428",)
    page = window.open(f"{world.shop_url}/admin", width=width)
    app = page.frame_locator("#app")
    expect(app.locator("h1")).to_have_text("Overview")
    screen(page, f"walk-1-connected-{width}")
    expect(app.locator("section:has(#s-setup)")).to_contain_text("Connect your store (done)")
    world.worker.drain()
    look_again(page, app)
    expect(app.locator("section:has(#s-setup)")).to_contain_text("orders read")
    expect(app.locator(".matrix")).to_be_visible()
    expect(app.locator("main")).to_contain_text("This is a trial run")
    screen(page, f"walk-2-imported-{width}")

    app.locator("section:has(#s-setup)").get_by_role("link", name="Open the rules").first.click()
    expect(app.locator('[name="win_back.enabled"]')).not_to_be_checked()
    expect(app.locator('[name="mode"][value="shadow"]')).to_be_checked()
    expect(app.locator("[data-preview] .large")).to_be_visible()
    screen(page, f"walk-3-rules-{width}")
    app.locator('[name="limits.wait_days"]').fill("30")
    app.locator('[name="win_back.enabled"]').check()
    app.locator('[name="mode"][value="live"]').check()
    screen(page, f"walk-4-changed-{width}")
    page.locator('#save [data-tell="save"]').click()
    dialog = app.get_by_role("dialog", name="Turn on win-back?")
    expect(dialog).to_be_visible()
    screen(page, f"walk-5-question-{width}")
    assert given(world) == []
    dialog.get_by_role("button", name="Turn on").click()
    expect(page.locator("#toast")).to_contain_text("Rules saved")

    page.get_by_role("link", name="Overview").click()
    expect(app.locator("h1")).to_have_text("Overview")
    expect(app.locator("main")).not_to_contain_text("This is a trial run")
    expect(app.locator("section:has(#s-setup)")).to_have_count(0)
    expect(page.locator("#toast")).to_be_empty()
    screen(page, f"walk-6-on-{width}")
    days_pass(world)
    assert given(world)

    look_again(page, app)
    screen(page, f"walk-7-offers-{width}")
    page.get_by_role("link", name="Offers").click()
    expect(app.locator("h1")).to_have_text("Offers")
    app.locator("tbody tr").filter(has=app.get_by_text("Open", exact=True)).first.locator("a").first.click()
    expect(app.locator("main")).to_contain_text("Why this offer")
    expect(app.locator(".checks li").first).to_be_visible()
    screen(page, f"walk-8-reason-{width}")
    with world.runtime.database.reading() as db:
        assert programs.history(db, world.shop().shop_id)[0].author.startswith("shopify:")


def days_pass(world: World) -> None:
    """Until something was given, or so many that something should have been."""
    for _day in range(16):
        if given(world):
            return
        world.clock.set(world.clock.now() + timedelta(days=1))
        world.worker.drain()
        world.postman.deliver()
        world.worker.drain()


def look_again(page: Page, app: FrameLocator) -> None:
    """Goes away and comes back, as one does."""
    page.get_by_role("link", name="History").click()
    expect(app.locator("h1")).to_have_text("History")
    page.get_by_role("link", name="Overview").click()
    expect(app.locator("h1")).to_have_text("Overview")


def given(world: World) -> list[str]:
    """The codes that are in the store."""
    with world.runtime.database.reading() as db:
        return [str(one.code) for one in offers.every(db, world.shop().shop_id) if one.state == "issued" and one.code]
