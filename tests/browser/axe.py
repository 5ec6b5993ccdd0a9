"""What is wrong with a page for those who cannot see, hear or point well: axe, overflow, in every width."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from axe_playwright_python.base import AXE_FILE_PATH
from playwright.sync_api import Page, expect

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
#: our bars stand where they are written, so that none covers a field, which axe would count as a small target
FLAT = """() => { if (document.adoptedStyleSheets.length || !document.documentElement.dataset.host) return; const sheet = new CSSStyleSheet();
sheet.replaceSync('#savebar, .peek, .sticky, #toast { position: static !important; transform: none !important; }');
document.adoptedStyleSheets = [sheet]; }"""
WIDTHS, TABLET, HEIGHT = (1280, 390, 320), 768, 900
AXE = Path(AXE_FILE_PATH).read_text()
RUN = """(options) => axe.run(document, { ...options, resultTypes: ['violations'] }).then((found) =>
found.violations.map((each) => `${each.id}: ${each.help}: ${each.nodes[0].html.slice(0, 200)}`))"""
UNFOLD = "() => document.querySelectorAll('main details').forEach((part) => { part.open = true; })"


def violations(page: Page) -> list[str]:
    """What axe finds on a page at rest, with the first place of each."""
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE)
    page.evaluate(FLAT)
    found: list[str] = page.evaluate(RUN, {"runOnly": {"type": "tag", "values": TAGS}})
    return found


def sideways(page: Page) -> int:
    """By how many pixels the page is wider than the window."""
    return int(page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth"))


def unfold(page: Page) -> None:
    """Opens every part that is folded."""
    page.evaluate(UNFOLD)


def faults(page: Page, *, widths: Sequence[int] = WIDTHS) -> list[str]:
    """What is wrong in each width, without loading anything anew; the window is as wide as the last one afterwards."""
    found = []
    for width in widths:
        page.set_viewport_size({"width": width, "height": HEIGHT})
        found += [f"{width}: {one}" for one in violations(page)]
        found += [f"{width}: {sideways(page)} px too wide"] if sideways(page) else []
    return found
