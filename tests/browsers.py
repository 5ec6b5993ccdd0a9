"""The one Chromium that all tests share: Playwright can be driven only once in a thread."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack

import pytest
from playwright.sync_api import Browser

from tests.browser import chromium


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A running Chromium; without one the test is skipped, or fails where CI=true."""
    with ExitStack() as stack:
        try:
            running = stack.enter_context(chromium.driven())
        except chromium.NoChromium as none:
            if os.environ.get("CI") == "true":
                pytest.fail(str(none))
            pytest.skip(str(none))
        yield running
