"""Finds a Chromium and drives it; says how to get one where there is none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, Playwright, sync_playwright

HELP = "no Chromium found: apt-get install chromium, or playwright install chromium, or set CHROMIUM to one"
NAMES = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium",
)  # fmt: skip
#: the app is on loopback, which pages from elsewhere may not frame unless this is off
FLAGS = (
    "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--disable-features=LocalNetworkAccessChecks",
)  # fmt: skip


class NoChromium(Exception):
    """There is none on this machine."""


@contextmanager
def driven(environ: Mapping[str, str] = os.environ) -> Iterator[Browser]:
    """A running Chromium. Raises NoChromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=_path(playwright, environ), args=list(FLAGS), chromium_sandbox=False
        )
        yield browser
        browser.close()


def _path(playwright: Playwright, environ: Mapping[str, str]) -> str:
    wished = environ.get("CHROMIUM", "")
    for candidate in (wished, playwright.chromium.executable_path):
        if candidate and (found := shutil.which(candidate)):
            return found
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise NoChromium(f"CHROMIUM={wished} cannot be started" if wished and not Path(wished).exists() else HELP)
