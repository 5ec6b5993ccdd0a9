"""What a merchant has typed stays while the page is left, the server is gone, or the session has ended."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Running, Window

pytestmark = pytest.mark.browser
RULES = "/app/rules"
WAIT = '[name="limits.wait_days"]'


def test_leaving_with_unsaved_changes_asks(running: Running, window: Window) -> None:
    """Staying keeps them, leaving drops them."""
    page = window.open(running.launch(RULES))
    page.locator(WAIT).fill("60")
    answers = iter([False, True])
    page.on("dialog", lambda dialog: dialog.accept() if next(answers) else dialog.dismiss())
    link = page.get_by_role("link", name="Overview")
    link.click()
    expect(page.locator(WAIT)).to_have_value("60")
    link.click()
    expect(page.locator("h1")).to_have_text("Overview")
    expect(page.locator("#savebar")).to_be_hidden()


def test_a_server_that_is_gone_loses_no_work(running: Running, window: Window) -> None:
    """The change stays on the page, and Save works once the server is back."""
    window.expected = ("ERR_INTERNET_DISCONNECTED",)
    page = window.open(running.launch(RULES))
    page.locator(WAIT).fill("60")
    page.context.set_offline(True)
    page.locator("#savebar [type=submit]").click()
    expect(page.locator("#toast")).to_contain_text("Could not reach the server.")
    page.context.set_offline(False)
    page.locator("#savebar [type=submit]").click()
    expect(page.locator("#toast")).to_contain_text("Rules saved")


def test_a_session_that_ended_says_so(running: Running, window: Window) -> None:
    """In words, in place of the page."""
    window.expected = ("401",)
    page = window.open(running.launch(RULES))
    running.world.clock.forward(hours=1)
    page.locator(WAIT).fill("60")
    page.locator("#savebar [type=submit]").click()
    expect(page.locator("h1")).to_have_text("Your session ended")
    expect(page.locator("main")).to_contain_text(re.compile("Open Regulars again"))
