"""A running app, a store's admin that frames it, and a browser that reports every complaint of the page."""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, expect
from werkzeug.serving import make_server

from plugin.sandbox.server import serve
from plugin.sandbox.store import Store
from tests.browser.axe import FLAT
from tests.pages import habits
from tests.pages.conftest import lived
from tests.pages.world import CLIENT_ID, CLIENT_SECRET, DOMAIN, Clock, World, opened

__all__ = ["lived"]
SCREENS = Path(__file__).with_name("screens")
#: pictures are for people to look at, and take as long as all the rest: they are made when asked for
PICTURES = bool(os.environ.get("PICTURES"))
#: holds once a document's letters are there and it was painted twice
PAINTED = """() => document.fonts.ready.then(
    () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))))"""
#: long for a busy machine; a page that is right is there at once
PATIENCE_MS, PAUSE_MS = 15_000, 20
expect.set_options(timeout=PATIENCE_MS)


@dataclass
class Running:
    """An app that answers, with a world of its own behind it."""

    world: World
    url: str
    admin_url: str = ""

    def launch(self, path: str = "/app/overview", **options: Any) -> str:
        """A fresh link."""
        return self.url + self.world.launch(path=path, **options)

    def admin(self, path: str = "/app/overview", locale: str = "en") -> str:
        """The page in the store's admin."""
        return f"{self.admin_url}?page={path}&locale={locale}"


@pytest.fixture
def running(lived: Path, tmp_path: Path) -> Iterator[Running]:  # the fixture of the same name
    """A shop with customers, orders and offers, at an address."""
    shutil.copy(lived / "regulars.db", tmp_path)
    with served(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def shared(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:  # the fixture of the same name
    """The same shop for all tests of a file, which must leave its offers and rules as they found them."""
    folder = tmp_path_factory.mktemp("shared")
    shutil.copy(lived / "regulars.db", folder)
    with served(folder) as made:
        yield made


@pytest.fixture(scope="module")
def told(lived: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:  # the fixture of the same name
    """The night has told the shop's own orders, products and channels included; nobody changes anything."""
    folder = tmp_path_factory.mktemp("told")
    shutil.copy(lived / "regulars.db", folder)
    with served(folder) as made:
        habits.name_products(made.world)
        habits.tell(made.world)
        yield made


@pytest.fixture
def running_new(tmp_path: Path) -> Iterator[Running]:
    """A shop that has just been connected, at an address."""
    with served(tmp_path, empty=True) as made:
        yield made


@pytest.fixture
def in_admin(lived: Path, tmp_path: Path) -> Iterator[Running]:
    """The same shop with a store's admin around it."""
    shutil.copy(lived / "regulars.db", tmp_path)
    with listening(Flask("waiting")) as (server, url):
        # the two know each other's address, so the app's port is taken first
        store = Store(
            tmp_path / "store.db",
            domain=DOMAIN,
            client_id=CLIENT_ID,
            client_secret=CLIENT_SECRET,
            app_url=url,
            now=Clock(),
        )
        shop_side = serve(store, port=0)
        with opened(tmp_path, shopify_origin=shop_side.url, allow_private_hosts=True) as world:
            server.app = world.app()
            store.now = world.clock
            yield Running(world, url, shop_side.admin_url)
        shop_side.close()
        store.close()


@contextmanager
def served(folder: Path, **options: Any) -> Iterator[Running]:
    """The app by itself, with the options of its world."""
    with opened(folder, **options) as world, listening(world.app()) as (_server, url):
        yield Running(world, url)


@contextmanager
def listening(app: Flask) -> Iterator[tuple[Any, str]]:
    """A server on a free port."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server, f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Window:
    """Opens pages and keeps what they complain about."""

    browser: Browser
    complaints: list[str] = field(default_factory=list)
    #: parts of complaints that the test wants to see
    expected: tuple[str, ...] = ()
    contexts: list[BrowserContext] = field(default_factory=list)

    def open(self, url: str, *, width: int = 1280, height: int = 900) -> Page:
        """A page in a context of its own, loaded and settled."""
        context = self.browser.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: self._complain(said.type, said.text))
        page.on("pageerror", lambda error: self._complain("error", str(error)))
        page.goto(url)
        return page

    def _complain(self, kind: str, text: str) -> None:
        if kind in {"error", "warning"}:
            self.complaints.append(text)

    def unexpected(self) -> list[str]:
        """Complaints that no test asked for."""
        return [text for text in self.complaints if not any(part in text for part in self.expected)]


@pytest.fixture
def window(browser: Browser) -> Iterator[Window]:
    """Pages whose console must stay silent: no script error, no breach of the content policy, no lost file."""
    made = Window(browser)
    yield made
    for context in made.contexts:
        context.close()
    assert made.unexpected() == []


def follow(page: Page, path: str) -> None:
    """Follows a link of ours to the path, as a click does."""
    page.evaluate(
        """(path) => { const link = document.createElement('a'); link.href = path; link.dataset.nav = '';
        document.querySelector('main').append(link); link.click(); }""",
        path,
    )
    expect(page.locator("main a[data-nav]:empty")).to_have_count(0)
    expect(page.locator("main[aria-busy=true]")).to_have_count(0)
    expect(page.locator("h1")).to_be_focused()


def wait_until(page: Page, holds: Callable[[], bool]) -> None:
    """Waits for what no locator can wait for, as long as for everything else."""
    for _ in range(PATIENCE_MS // PAUSE_MS):
        if holds():
            return
        page.wait_for_timeout(PAUSE_MS)
    pytest.fail("it does not come true")


Screen = Callable[[Page, str], None]


@pytest.fixture
def screen() -> Screen:
    """Writes what a page looks like, where pictures are asked for."""

    def write(page: Page, name: str) -> None:
        if not PICTURES:
            return
        # in a picture of a whole page a bar at the edge of the window would cover its middle
        page.evaluate(FLAT)
        for frame in page.frames:
            # a frame of another origin is painted by a process of its own, some time after it says that it is loaded
            frame.evaluate(PAINTED)
        page.screenshot(path=SCREENS / f"{name}.png", full_page=True)

    return write
