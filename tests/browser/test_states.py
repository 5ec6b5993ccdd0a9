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

from plugin.usecases import import_progress, tell_figures
from storage import figures, shops, snapshots
from tests.browser.axe import WIDTHS, faults
from tests.browser.conftest import Running, Screen, Window, follow, served
from tests.pages.world import NOW

pytestmark = pytest.mark.browser
OVERVIEW, RULES = "/app/overview", "/app/rules"
MANY, FEW = 50_000, 30


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
def small(_lived: Path, folder: Path) -> Iterator[Running]:
    """Thirty customers, of whom nobody can say much yet."""
    with served(folder, crowd=FEW) as running:
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
            figures.keep(db, 1, "overview", {"version": tell_figures.VERSION}, NOW)
        yield running


@contextmanager
def large(lived: Path, folder: Path) -> Iterator[Running]:
    """Fifty thousand customers."""
    with copied(lived, folder) as running:
        with running.world.runtime.database.transaction() as db:
            snapshots.keep_columns(db, 1, crowd(snapshots.brief(db, 1, snapshots.ids(db, 1))))
        yield running


LISTS = (RULES, "/app/customers", "/app/offers", "/app/history")
STATES = {
    "new": (new, (OVERVIEW, *LISTS)),
    "importing": (importing, (OVERVIEW, *LISTS)),
    "small": (small, (OVERVIEW, *LISTS, "/app/customers/7000001")),
    "disconnected": (disconnected, (OVERVIEW, *LISTS, "/app/customers/7000041")),
    "part-failed": (part_failed, (OVERVIEW,)),
    "large": (
        large,
        (OVERVIEW, RULES, "/app/customers?q=cr", "/app/customers?q=cr&sort=spend", "/app/customers/crowd00001"),
    ),
}


@contextmanager
def copied(lived: Path, folder: Path) -> Iterator[Running]:
    """A shop with customers, orders and offers."""
    shutil.copy(lived / "regulars.db", folder)
    with served(folder) as running:
        yield running


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


#: of what differs from the usual page in a line only
PICTURES = {("en", 1280), ("zh-Hans", 390), ("en", 320)}


def look(page: Page, screen: Screen, name: str, paths: Sequence[str]) -> dict[str, list[str]]:
    """What is wrong with each page, in every width, one fragment after the other; and a picture of each."""
    found = {}
    language = page.evaluate("() => document.documentElement.lang")
    for path in paths:
        follow(page, path)
        if path == RULES:
            expect(page.locator("[data-preview] :is(.large, .empty)")).to_be_visible()
        plain = path.partition("?")[0].removeprefix("/app/").replace("/", "-")
        for width in WIDTHS:
            found[f"{name}-{plain}-{width}"] = faults(page, widths=(width,))
            if path == OVERVIEW or (language, width) in PICTURES:
                screen(page, f"{name}-{plain}-{width}")
    return found


@pytest.fixture(scope="module", params=STATES)
def state(
    request: pytest.FixtureRequest, lived: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, Running, Sequence[str]]]:  # the fixture of the same name
    """A shop in a state, with the state's name and the pages to look at; both languages look at the same one."""
    make, paths = STATES[request.param]
    with make(lived, tmp_path_factory.mktemp(request.param)) as running:
        yield request.param, running, paths


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_state_in_every_width_and_language(
    state: tuple[str, Running, Sequence[str]], window: Window, screen: Screen, language: str
) -> None:
    """Every page of a shop in this state; one document, then fragments."""
    name, running, paths = state
    # a link opens once, and two of one second are the same
    running.world.clock.forward(seconds=1)
    page = window.open(running.launch(locale=language))
    found = look(page, screen, f"{name}-{language}", paths)

    assert not any(found.values()), {name: wrong for name, wrong in found.items() if wrong}


def test_who_may_only_look_sees_everything_and_can_change_nothing(
    running: Running, window: Window, screen: Screen
) -> None:
    """Fields are read-only, no save bar comes up, no button changes anything; the sentence says whom to ask."""
    page = window.open(running.launch(RULES, read_only=True))
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
    expect(page.locator("[role=switch]").first).to_be_visible()
    expect(page.locator("[role=switch]:not([disabled])")).to_have_count(0)
    found = {}
    for language in ("en", "zh-Hans"):
        running.world.clock.forward(seconds=1)
        page = window.open(running.launch(RULES, read_only=True, locale=language))
        found |= look(page, screen, f"read-only-{language}", (OVERVIEW, *LISTS, "/app/customers/7000041"))

    assert not any(found.values()), {name: wrong for name, wrong in found.items() if wrong}


def test_a_night_that_has_passed_shows_at_the_next_look(running: Running, window: Window) -> None:
    """The page says when the numbers are from; nothing is kept in the browser."""
    page = window.open(running.launch())
    expect(page.locator(".head p")).to_have_text("Measured today at 04:30")
    running.world.clock.forward(days=1)
    fresh = window.open(running.launch())
    expect(fresh.locator(".head p")).to_have_text("Measured yesterday at 04:30")
    assert timedelta(days=1) + NOW == running.world.clock.at
