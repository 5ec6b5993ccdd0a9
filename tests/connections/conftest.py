"""A sandbox store and Regulars beside it, installed at a fixed moment, and what is done to the way between them."""

from __future__ import annotations

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from plugin import manifest
from plugin.config import Config
from plugin.installation import Installer
from plugin.platforms.line import Line, Patience
from plugin.platforms.shopify.tokens import Credentials
from plugin.runtime import Runtime
from plugin.sandbox.server import serve
from plugin.sandbox.store import Store
from plugin.vault import Vault
from storage import shops
from storage.engine import Database
from storage.shops import Shop

BEGIN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
DOMAIN = "corner.myshopify.com"
SECRET = "shpss_of_the_tests_0123456789abcdef"
KEYS = ("k" * 64,)


@dataclass
class Clock:
    """Stands still until it is turned; for the store and for Regulars."""

    at: datetime = BEGIN

    def __call__(self) -> datetime:
        return self.at

    def seconds(self) -> float:
        """What the store's throttle counts."""
        return self.at.timestamp()


def line(kind: type[Line] = Line) -> Line:
    """A way to the store on loopback."""
    return kind(allow_private_hosts=True, monotonic=lambda: 0.0, patience=Patience(read_seconds=5.0))


@dataclass
class World:
    """A store that runs, and a program that may call it."""

    store: Store
    runtime: Runtime
    clock: Clock
    installer: Installer
    url: str = field(default="")

    def install(self) -> None:
        """The merchant opens the app for the first time, or again."""
        self.installer.by_session(DOMAIN, self.store.id_token())

    def shop(self) -> Shop:
        """The store as Regulars knows it."""
        with self.runtime.database.reading() as db:
            found = shops.find(db, platform="shopify", domain=DOMAIN)
        assert found is not None
        return found

    def passes(self, **time: float) -> datetime:
        """Time passes in the store and for Regulars."""
        self.clock.at += timedelta(**time)
        return self.clock.at

    def credentials(self) -> Credentials:
        """What is kept to open the store."""
        kept = self.runtime.credentials(self.shop())
        assert kept is not None
        return kept

    def revoke(self) -> None:
        """The store does not know any token of the app any more, and says nothing."""
        with self.store.transaction() as connection:
            connection.execute("UPDATE tokens SET revoked = 1")

    def pairs(self) -> list[sqlite3.Row]:
        """Every pair that the store has ever given, the oldest first."""
        with self.store.transaction() as connection:
            return list(connection.execute("SELECT * FROM tokens ORDER BY id"))


@pytest.fixture
def empty_world(sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """A store that has not installed the app yet."""
    yield from _opened(sqlite_url, tmp_path)


@pytest.fixture
def world(empty_world: World) -> World:
    """A store that has just installed the app; all clocks stand at 2 March 2026, 15:00 UTC."""
    empty_world.install()
    return empty_world


def program(config: Config, now: Callable[[], datetime]) -> Runtime:
    """Regulars as a process of its own."""
    return Runtime(
        config=config, database=Database(config.database_url), vault=Vault(config.secret_keys), manifest=manifest.load(),
        now=now, lines=defaultdict(line), renewing=defaultdict(threading.Lock),
    )  # fmt: skip


def _opened(url: str, folder: Path) -> Iterator[World]:
    clock = Clock()
    store = Store(
        folder / "store.db", domain=DOMAIN, client_id="client", client_secret=SECRET, app_url="http://127.0.0.1:1",
        name="Corner Records", now=clock, ticks=clock.seconds,
    )  # fmt: skip
    served = serve(store, port=0)
    config = Config(
        database_url=url, secret_keys=KEYS, shopify_client_id="client", shopify_client_secret=SECRET,
        shopify_origin=served.url, allow_private_hosts=True, public_url="https://regulars.example.com",
    )  # fmt: skip
    runtime = program(config, clock)
    yield World(store, runtime, clock, Installer(runtime, sleep=lambda _seconds: None), served.url)
    for one in runtime.lines.values():
        one.close()
    runtime.database.close()
    served.close()
    store.close()
