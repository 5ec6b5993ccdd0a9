"""A Magento store for a journey: the sandbox's over real HTTP, Regulars' web side and worker beside it, one clock."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from flask import request

from plugin import assembly, connecting, runtime
from plugin.cli.demo.clock import Clock
from plugin.cli.demo.listening import Listening
from plugin.config import Config
from plugin.platforms.magento.access import Credentials
from plugin.runtime import Runtime
from plugin.sandbox.magento.server import application
from plugin.sandbox.magento.store import KEYS, MagentoStore
from plugin.sandbox.server import RunningStore
from plugin.usecases import polled
from plugin.worker.loop import Worker
from storage import connections, migrations, offers, orders, shops
from storage.shops import Shop
from tests.journeys.conftest import free_port

BEGIN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
HOST = "127.0.0.1"


@dataclass(frozen=True, slots=True)
class Magento:
    """Everything that runs in a journey."""

    clock: Clock
    store: MagentoStore
    running: RunningStore
    runtime: Runtime
    worker: Worker
    app_url: str
    #: every call of the store's API: method, address, body
    calls: list[tuple[str, str, Any]]

    @property
    def credentials(self) -> Credentials:
        """What the merchant pastes."""
        return Credentials(
            base_url=self.running.url, consumer_key=KEYS.consumer_key, consumer_secret=KEYS.consumer_secret,
            access_token=KEYS.access_token, access_token_secret=KEYS.access_token_secret,
        )  # fmt: skip

    def connect(self) -> Shop:
        """The merchant pastes the four values."""
        return connecting.by_values(self.runtime, self.credentials).shop

    def shop(self) -> Shop:
        """The store as Regulars knows it."""
        with self.runtime.database.reading() as db:
            found = shops.every(db)
        return found[0]

    def state(self) -> polled.Polled:
        """How far asking has come."""
        with self.runtime.database.reading() as db:
            way = connections.get(db, self.shop().shop_id)
        assert way is not None
        return polled.from_document(way.polled)

    def passes(self, **span: float) -> None:
        """Time goes by, and the worker does what is due."""
        self.clock.set(self.clock.now() + timedelta(**span))
        self.worker.drain()

    def tells(self, *, lose_share: float = 0.0, rng: random.Random | None = None) -> None:
        """The store's queue is worked off, and what reached us is taken in."""
        self.store.bring_events(lose_share=lose_share, rng=rng)
        self.worker.drain()

    def order(self, number: int) -> orders.StoredOrder | None:
        """An order as Regulars knows it."""
        with self.runtime.database.reading() as db:
            return orders.get(db, self.shop().shop_id, str(number))

    def codes(self) -> list[str]:
        """The codes of offers that are open."""
        with self.runtime.database.reading() as db:
            made = list(offers.every(db, self.shop().shop_id))
        return [offer.code for offer in made if offer.code and offer.state == "issued"]


@contextmanager
def opened(
    folder: Path, *, modules: bool = True, timezone: str = "America/New_York", database_url: str = ""
) -> Iterator[Magento]:
    """Builds it all in a folder, and takes it down again."""
    clock = Clock()
    clock.set(BEGIN)
    store = MagentoStore(folder / "store.db", now=clock.now, modules=modules, timezone=timezone)
    calls: list[tuple[str, str, Any]] = []
    running = _serve(store, calls)
    port = free_port()
    app_url = f"http://{HOST}:{port}"
    config = Config(
        database_url=database_url or f"sqlite:///{folder / 'regulars.db'}", secret_keys=("k" * 40,), public_url=app_url, allow_private_hosts=True,
        environment="test",
    )  # fmt: skip
    built = runtime.build(config, now=clock.now)
    migrations.migrate(built.database)
    web, worker = assembly.web(built), Worker(built)
    server = Listening(web.app, host=HOST, port=port)
    try:
        yield Magento(clock, store, running, built, worker, app_url, calls)
    finally:
        worker.close()
        server.close()
        web.close()
        running.close()
        store.close()
        built.database.close()


def _serve(store: MagentoStore, calls: list[tuple[str, str, Any]]) -> RunningStore:
    app = application(store)

    @app.before_request
    def keep() -> None:
        if request.path.startswith("/rest/"):
            calls.append((request.method, request.url, request.get_json(silent=True)))

    running = RunningStore(app, store.weather, host=HOST, port=0)
    store.base_url = f"{running.url}/"
    return running
