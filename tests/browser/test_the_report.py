"""The page that ``regulars report`` writes, as somebody opens it who was sent it."""

from __future__ import annotations

from pathlib import Path

import pytest

from plugin.cli import report_page
from plugin.usecases import report_store
from tests.browser.axe import WIDTHS, faults
from tests.browser.conftest import Running, Screen, Window
from tests.pages import habits
from tests.pages.world import NOW

pytestmark = pytest.mark.browser
#: shades at both ends, and covers that move with the table
LAYERS = "() => [...document.querySelectorAll('.scroll')].map((it) => getComputedStyle(it).backgroundAttachment)"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_can_be_read_in_every_width(
    running: Running, window: Window, screen: Screen, tmp_path: Path, scheme: str
) -> None:
    """By day and by night: axe finds nothing, nothing goes sideways, a table that goes on shows so."""
    habits.tell(running.world)
    with running.world.runtime.database.reading() as db:
        told = report_store.report(db, running.world.shop, as_of=NOW)
    file = tmp_path / "report.html"
    file.write_text(report_page.page(told), encoding="utf-8")
    page = window.open(file.as_uri())
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    found = []
    for width in WIDTHS:
        found += faults(page, widths=(width,))
        screen(page, f"report-file-{scheme}-{width}")

    assert found == []
    assert set(page.evaluate(LAYERS)) == {"local, local, scroll, scroll"}
