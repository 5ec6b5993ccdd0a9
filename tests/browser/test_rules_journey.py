"""A merchant changes the rules: edits, is told of mistakes, saves, reloads, undoes; with mouse and with keyboard."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from plugin.pages import customers as listed
from plugin.rewards.stored import from_stored
from storage import offers, programs
from tests.browser.axe import faults
from tests.browser.conftest import Running, Screen, Window
from tests.pages.world import NOW

pytestmark = pytest.mark.browser
RULES = "/app/rules"
SAVE = {"en": "Save", "zh-Hans": "保存"}
UNDO = {"en": "Undo", "zh-Hans": "撤销"}
SAVED = {"en": "Rules saved", "zh-Hans": "规则已保存"}
WAIT = "limits.wait_days"


def field(page: Page, name: str) -> object:
    """The control of a dotted name."""
    return page.locator(f'[name="{name}"]')


def error(page: Page, name: str) -> object:
    """The place of a field's error."""
    return page.locator(f'[id="error-{name}"]')


def wait_days(running: Running) -> list[int]:
    """The wait between offers in every version, oldest first."""
    with running.world.runtime.database.reading() as db:
        kept = programs.history(db, running.world.shop.shop_id)
    return [from_stored(version.body).limits.wait_days for version in reversed(kept)]


def save(page: Page, language: str = "en") -> None:
    """Presses the button of the save bar."""
    page.locator("#savebar").get_by_role("button", name=SAVE[language]).click()


@pytest.mark.parametrize(("width", "language"), [(1280, "en"), (390, "zh-Hans")])
def test_edit_save_reload_undo(running: Running, window: Window, width: int, language: str) -> None:
    """A change is in force after Save, still there after a reload, and gone after Undo; three versions remain of it."""
    page = window.open(running.launch(RULES, locale=language), width=width)
    expect(page.locator("#savebar")).to_be_hidden()
    field(page, WAIT).fill("60")
    expect(page.locator("#savebar")).to_be_visible()
    save(page, language)
    expect(page.locator("#toast")).to_contain_text(SAVED[language])
    expect(page.locator("#savebar")).to_be_hidden()
    expect(page.locator("h1")).to_be_focused()
    page.locator("#toast").get_by_role("button", name=UNDO[language]).click()
    expect(field(page, WAIT)).to_have_value("45")

    assert wait_days(running)[-2:] == [60, 45]

    field(page, WAIT).fill("70")
    save(page, language)
    expect(page.locator("#toast")).to_contain_text(SAVED[language])
    page.reload()
    expect(field(page, WAIT)).to_have_value("70")
    page.locator("[data-undo]:not([data-codes])").click()
    expect(field(page, WAIT)).to_have_value("45")

    assert wait_days(running)[-3:] == [45, 70, 45]


def test_discard_brings_back_what_is_saved(running: Running, window: Window) -> None:
    """Nothing is written."""
    page = window.open(running.launch(RULES))
    field(page, WAIT).fill("60")
    page.locator("#savebar").get_by_role("button", name="Discard").click()
    expect(field(page, WAIT)).to_have_value("45")
    expect(page.locator("#savebar")).to_be_hidden()

    assert wait_days(running)[-1] == 45


def test_a_value_typed_back_is_no_change(running: Running, window: Window) -> None:
    """The save bar goes as it came."""
    page = window.open(running.launch(RULES))
    field(page, WAIT).fill("60")
    field(page, WAIT).fill("45")
    expect(page.locator("#savebar")).to_be_hidden()


def test_mistakes_are_said_when_a_field_is_left_and_only_there(
    running: Running, window: Window, screen: Screen
) -> None:
    """An untouched field stays silent; the sentence goes when the value is right."""
    window.expected = ("422",)
    page = window.open(running.launch(RULES))
    field(page, WAIT).fill("6")
    expect(error(page, WAIT)).to_be_hidden()
    field(page, "limits.monthly_budget").focus()
    expect(error(page, WAIT)).to_have_text("Enter a number from 7 to 365.")
    expect(field(page, WAIT)).to_have_attribute("aria-invalid", "true")
    screen(page, "rules-error")
    field(page, WAIT).fill("8")
    field(page, "limits.monthly_budget").focus()
    expect(error(page, WAIT)).to_be_hidden()


def test_saving_says_all_mistakes_and_goes_to_the_first(running: Running, window: Window) -> None:
    """First in the order of the page, whatever was edited first; nothing is saved."""
    window.expected = ("422",)
    page = window.open(running.launch(RULES))
    field(page, "holdout_percent").fill("lots")
    field(page, "loyalty.tiers.2.percent").fill("")
    save(page)
    expect(error(page, "loyalty.tiers.2.percent")).to_have_text("Enter a value.")
    expect(error(page, "holdout_percent")).to_have_text("Enter a number.")
    expect(field(page, "loyalty.tiers.2.percent")).to_be_focused()
    expect(page.locator("[data-stale]")).to_be_visible()

    assert len(wait_days(running)) == 3


def test_a_warning_does_not_keep_from_saving(running: Running, window: Window) -> None:
    """A tier that gets less than the one before it is odd, not wrong."""
    page = window.open(running.launch(RULES))
    field(page, "loyalty.tiers.3.percent").fill("4")
    field(page, WAIT).focus()
    warning = page.locator('[id="warning-loyalty.tiers.3.percent"]')
    expect(warning).to_have_text("VIP gets less than the tier before it.")
    save(page)
    expect(page.locator("#toast")).to_contain_text("Rules saved")
    expect(warning).to_be_visible()


def test_the_keyboard_alone_is_enough(running: Running, window: Window) -> None:
    """Skip link, fields, Enter to save, and the toast's Undo can all be reached."""
    page = window.open(running.launch(RULES))
    expect(page.locator("h1")).to_have_text("Rules")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(field(page, "loyalty.enabled")).to_be_focused()
    field(page, WAIT).focus()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("90")
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Rules saved")
    undo = page.locator("#toast").get_by_role("button", name="Undo")
    undo.focus()
    page.keyboard.press("Enter")
    expect(field(page, WAIT)).to_have_value("45")


def test_tiers_are_added_and_removed(running: Running, window: Window) -> None:
    """Up to six, the first stays; names, labels and errors follow the rows."""
    page = window.open(running.launch(RULES))
    add = page.get_by_role("button", name="Add tier")
    add.click()
    expect(field(page, "loyalty.tiers.4.name")).to_be_focused()
    add.click()
    expect(add).to_be_hidden()
    page.locator('.tier:has([name="loyalty.tiers.1.name"])').get_by_role("button").click()
    expect(page.locator("[data-rows] > .tier")).to_have_count(5)
    for place, (name, spend) in {3: ("Platinum", "900"), 4: ("Black", "2000")}.items():
        field(page, f"loyalty.tiers.{place}.name").fill(name)
        field(page, f"loyalty.tiers.{place}.spend_from").fill(spend)
        field(page, f"loyalty.tiers.{place}.percent").fill("9")
    save(page)
    expect(page.locator("#toast")).to_contain_text("Rules saved")
    with running.world.runtime.database.reading() as db:
        stored = programs.current(db, running.world.shop.shop_id)

    assert stored is not None
    assert [tier.name for tier in from_stored(stored.body).loyalty.tiers] == [
        "Member",
        "Gold",
        "VIP",
        "Platinum",
        "Black",
    ]


def test_a_multiple_is_typed_with_a_point(running: Running, window: Window) -> None:
    """2.5 times the usual gap is told as a day while one types, and shown as 2.5 again after saving."""
    page = window.open(running.launch(RULES))
    page.get_by_label("After a multiple of their usual gap").check()
    hint = page.locator('[id="hint-win_back.timing.gap_multiple_tenths"]')
    expect(hint).to_contain_text(re.compile(r"About day \d+ for a typical customer\."))
    before = hint.inner_text()
    field(page, "win_back.timing.gap_multiple_tenths").fill("2.5")
    expect(hint).not_to_have_text(before)
    expect(field(page, "win_back.timing.gap_multiple_tenths")).to_have_attribute(
        "aria-describedby", re.compile("hint-")
    )
    save(page)
    expect(page.locator("#toast")).to_contain_text("Rules saved")
    expect(field(page, "win_back.timing.gap_multiple_tenths")).to_have_value("2.5")
    expect(page.locator(".history > li").first).to_contain_text("Times the usual gap: 1.5× → 2.5×")


@pytest.mark.parametrize("choice", ["Save mine over it", "Take theirs, drop mine"])
def test_two_windows_at_once(running: Running, window: Window, screen: Screen, choice: str) -> None:
    """The second is told what the first changed, and chooses; nobody's work is lost unasked."""
    window.expected = ("409",)
    first, second = (window.open(running.launch(RULES)) for _ in range(2))
    field(first, WAIT).fill("60")
    save(first)
    expect(first.locator("#toast")).to_contain_text("Rules saved")
    field(second, "holdout_percent").fill("20")
    save(second)
    banner = second.get_by_role("alert").filter(has_text="Someone else saved these rules")
    expect(banner).to_contain_text("Wait between offers: 45 days → 60 days")
    expect(field(second, "holdout_percent")).to_have_value("20")
    screen(second, "rules-conflict")
    second.get_by_role("button", name=choice).click()
    expect(banner).to_be_hidden()
    expect(field(second, "holdout_percent")).to_have_value("20" if choice.startswith("Save") else "10")
    expect(second.locator(".head")).to_contain_text("Version 5" if choice.startswith("Save") else "Version 4")


@pytest.mark.parametrize("answer", ["Back to the rules", "Keep them", "Cancel them"])
def test_switching_off_asks_what_becomes_of_open_offers(
    running: Running, window: Window, screen: Screen, answer: str
) -> None:
    """Going back saves nothing; kept offers stay open; cancelled ones are open no more."""
    window.expected = ("428",)
    page = window.open(running.launch(RULES))
    page.locator('[name="win_back.enabled"]').uncheck()
    save(page)
    dialog = page.get_by_role("dialog", name="What about open offers?")
    expect(dialog).to_contain_text("open offers stay valid until they end.")
    found = faults(page) if answer == "Keep them" else []
    screen(page, "switch-off-1280-en")
    dialog.get_by_role("button", name=answer).click()
    if answer == "Back to the rules":
        expect(page.locator("#savebar")).to_be_visible()
    else:
        expect(page.locator("#toast")).to_contain_text("Rules saved")
    with running.world.runtime.database.reading() as db:
        wanted = [one for one in offers.every(db, 1) if one.kind == "win_back" and listed.is_open(one, NOW)]
        wanted = [one for one in wanted if not one.unwanted]

    assert found == []
    assert len(wait_days(running)) == (3 if answer == "Back to the rules" else 4)
    assert bool(wanted) is (answer != "Cancel them")


def test_turning_win_back_on_for_the_first_time_asks(running_new: Running, window: Window) -> None:
    """In a shop whose rules are live; the second time nobody asks."""
    window.expected = ("428",)
    page = window.open(running_new.launch(RULES))
    page.locator('[name="win_back.enabled"]').check()
    page.locator('[name="mode"][value="live"]').check()
    save(page)
    dialog = page.get_by_role("dialog", name="Turn on win-back?")
    dialog.get_by_role("button", name="Turn on").click()
    expect(page.locator("#toast")).to_contain_text("Rules saved")
    for version, on in ((3, False), (4, True)):
        page.locator('[name="win_back.enabled"]').set_checked(on)
        save(page)
        # the bar goes before the form is there anew
        expect(page.locator(".head")).to_contain_text(f"Version {version}")

    assert len(wait_days(running_new)) == 4
