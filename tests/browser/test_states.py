"""Every state a shop can be in, in both languages and three widths: axe finds nothing, nothing is cut, and a picture."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from plugin.usecases import import_progress
from storage import figures, shops, snapshots
from tests.browser.conftest import Running, Screen, Window, served
from tests.browser.test_accessible import TALL, violations
from tests.browser.test_walking_about import sideways
from tests.pages.world import NOW

pytestmark = pytest.mark.browser
OVERVIEW = "/app/overview"
WIDTHS = (1280, 390, 320)
LISTS = {"en": (1280, 320), "zh-Hans": (390,)}
#: states in which the overview is another page
WHOLE = ("new", "small")
MANY = 50_000


@contextmanager
def new(_lived: Path, folder: Path) -> Iterator[Running]:
    """Connected a moment ago."""
    with served(folder, empty=True) as running:
        yield running


@contextmanager
def importing(_lived: Path, folder: Path) -> Iterator[Running]:
    """Its orders are being read."""
    with served(folder, empty=True) as running:
        with running.world.runtime.database.transaction() as db:
            import_progress.tell(db, 1, read=12_400, of=38_000, now=NOW)
        yield running


@contextmanager
def small(lived: Path, folder: Path) -> Iterator[Running]:
    """Thirty customers, of whom nobody can say much yet."""
    with copied(lived, folder) as running:
        with running.world.runtime.database.transaction() as db:
            everyone = sorted(snapshots.ids(db, 1))
            snapshots.forget(db, 1, everyone[30:])
            change(db, {"rhythmic": 12, "customers": 30, "usual_gap_days": 41.0})
        yield running


@contextmanager
def disconnected(lived: Path, folder: Path) -> Iterator[Running]:
    """The store lets Regulars in no longer."""
    with copied(lived, folder) as running:
        with running.world.runtime.database.transaction() as db:
            shops.pause(db, 1, "The store refused our token.")
        yield running


@contextmanager
def part_failed(lived: Path, folder: Path) -> Iterator[Running]:
    """A document that cannot be read."""
    with copied(lived, folder) as running:
        with running.world.runtime.database.transaction() as db:
            figures.keep(db, 1, "overview", {"version": 1}, NOW)
        yield running


@contextmanager
def large(lived: Path, folder: Path) -> Iterator[Running]:
    """Fifty thousand customers."""
    with copied(lived, folder) as running:
        with running.world.runtime.database.transaction() as db:
            snapshots.keep_columns(db, 1, crowd(snapshots.brief(db, 1, snapshots.ids(db, 1))))
        yield running


STATES = {
    "new": (new, ("/app/overview", "/app/customers", "/app/offers", "/app/history")),
    "importing": (importing, ("/app/overview",)),
    "small": (small, ("/app/overview",)),
    "disconnected": (disconnected, ("/app/overview", "/app/offers")),
    "part-failed": (part_failed, ("/app/overview",)),
    "large": (large, ("/app/overview", "/app/customers?q=cr")),
}


@contextmanager
def copied(lived: Path, folder: Path) -> Iterator[Running]:
    """A shop with customers, orders and offers."""
    shutil.copy(lived / "regulars.db", folder)
    with served(folder) as running:
        yield running


def change(db: Any, changes: dict[str, Any]) -> None:
    """Changes what the night has told."""
    kept = figures.get(db, 1, "overview")
    assert kept is not None
    figures.keep(db, 1, "overview", kept.body | changes, NOW)


def crowd(_known: Any) -> dict[str, list[Any]]:
    """Columns of many customers who bought at different times."""
    day = 86_400_000_000
    now = int(NOW.timestamp()) * 1_000_000
    places = range(MANY)
    plain: dict[str, Any] = {
        "as_of": now, "first_order_at": now - 400 * day, "tenure_days": 400, "median_gap_days": None, "gap_trend": None,
        "expected_next_order_at": None, "lateness": None, "p_order_90d": None, "predicted_spend_365d_minor": None,
        "tier": None, "usual_gap_days": 30.5,
    }  # fmt: skip
    groups = ("champions", "loyal", "active", "promising", "needs_attention", "at_risk", "dormant")
    return {
        "customer_id": [f"crowd{place:05}" for place in places],
        **{name: [value] * MANY for name, value in plain.items()},
        "order_count": [1 + place % 9 for place in places],
        "last_order_at": [now - (place % 300) * day for place in places],
        "recency_days": [place % 300 for place in places],
        "spend_total_minor": [1_000 + 37 * place for place in places],
        "spend_365d_minor": [1_000 + 31 * (place % 9_000) for place in places],
        "r": [5 - (place % 300) // 60 for place in places],
        "f": [1 + place % 5 for place in places],
        "m": [1 + (place // 5) % 5 for place in places],
        "group": [groups[place % len(groups)] for place in places],
        "late_at": [now - (place % 300 - 40) * day for place in places],
        "lapsing_at": [now - (place % 300 - 90) * day for place in places],
        "lost_at": [now - (place % 300 - 200) * day for place in places],
    }


def look(page: Page, screen: Screen, name: str, widths: Sequence[int]) -> list[str]:
    """What is wrong with a page in each width."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": TALL})
        found += [f"{width}: {one}" for one in violations(page)]
        page.set_viewport_size({"width": width, "height": 900})
        screen(page, f"{name}-{width}")
        found += [f"{width}: {sideways(page)} px too wide"] if sideways(page) else []
    return found


@pytest.mark.parametrize("state", STATES)
def test_every_state_in_every_width_and_language(
    lived: Path, tmp_path: Path, window: Window, screen: Screen, state: str
) -> None:
    """Each page that looks different in this state."""
    found = {}
    make, paths = STATES[state]
    with make(lived, tmp_path) as running:
        for path in paths:
            plain, _, query = path.partition("?")
            for language in ("en", "zh-Hans"):
                link = running.launch(plain, locale=language)
                page = window.open(f"{link}&{query}" if query else link)
                name = f"{state}-{plain.rsplit('/', 1)[1]}-{language}"
                # what differs from the usual pages only in a card or a row: wide, narrow and in between once
                whole = state in WHOLE and plain == OVERVIEW
                found[name] = look(page, screen, name, WIDTHS if whole else LISTS[language])
                page.context.close()

    assert not any(found.values()), found


def test_who_may_only_look_sees_everything_and_can_change_nothing(
    running: Running, window: Window, screen: Screen
) -> None:
    """Fields are read-only, no save bar comes up, no button changes anything; the sentence says whom to ask."""
    page = window.open(running.launch("/app/rules", read_only=True))
    expect(page.locator('[role="note"]')).to_have_text("You can look but not change. Ask the store owner.")
    page.locator('[name="limits.wait_days"]').press_sequentially("9")
    expect(page.locator("#savebar")).to_be_hidden()
    assert page.locator("#program input:not([readonly], [disabled], [type=hidden])").count() == 0
    expect(page.get_by_role("button", name="Add tier")).to_be_hidden()
    page.get_by_role("link", name="History").click()
    expect(page.locator("h1")).to_have_text("History")
    expect(page.get_by_role("link", name="Restore")).to_have_count(0)
    page.get_by_role("link", name="Customers").click()
    page.locator("tbody th a").first.click()
    expect(page.get_by_role("switch")).to_be_disabled()
    found = look(page, screen, "read-only-customer-en", WIDTHS)
    running.world.clock.forward(seconds=1)
    rules = window.open(running.launch("/app/rules", read_only=True, locale="zh-Hans"))

    assert found + look(rules, screen, "read-only-rules-zh-Hans", (1280, 390)) == []


def test_a_night_that_has_passed_shows_at_the_next_look(running: Running, window: Window) -> None:
    """The page says when the numbers are from; nothing is kept in the browser."""
    page = window.open(running.launch())
    expect(page.locator(".head p")).to_have_text("Measured today at 04:30")
    running.world.clock.forward(days=1)
    fresh = window.open(running.launch())
    expect(fresh.locator(".head p")).to_have_text("Measured yesterday at 04:30")
    assert timedelta(days=1) + NOW == running.world.clock.at
