"""The Magento demo's small world: a sandbox store, Regulars' web side and its worker, on one machine, over real HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from plugin import assembly, runtime
from plugin.cli.demo.clock import Clock
from plugin.cli.demo.listening import Listening
from plugin.cli.demo.stage import HOST, TIMEZONE, Stage
from plugin.cli.demo.world import ends_on
from plugin.config import Config
from plugin.sandbox.magento.server import serve
from plugin.sandbox.magento.store import MagentoStore
from plugin.worker.loop import Worker
from storage import migrations, shops
from storage.shops import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class MagentoWorld(Stage):
    """Everything that runs in a demo on Magento."""

    store: MagentoStore

    def known(self) -> Shop | None:
        """The sandbox store as Regulars knows it; None before it is connected."""
        with self.runtime.database.reading() as db:
            found = [shop for shop in shops.every(db) if shop.platform == "magento" and shop.state != "uninstalled"]
        return found[0] if found else None


@contextmanager
def opened(directory: Path, port: int) -> Iterator[MagentoWorld]:
    """Builds the world in a folder, starts its servers and takes them down again."""
    directory.mkdir(parents=True, exist_ok=True)
    app_url = f"http://{HOST}:{port}"
    config = Config(
        database_url=f"sqlite:///{directory / 'regulars.db'}",
        public_url=app_url,
        allow_private_hosts=True,
        environment="demo",
    )
    clock = Clock()
    built = runtime.build(config, now=clock.now)
    migrations.migrate(built.database)
    store = MagentoStore(directory / "magento.db", now=clock.now, timezone=TIMEZONE)
    web, worker = assembly.web(built), Worker(built)
    server = Listening(web.app, host=HOST, port=port)
    running = serve(store, port=port + 1, host=HOST)
    try:
        yield MagentoWorld(
            clock=clock, store=store, runtime=built, worker=worker, app_url=app_url, shop_url=running.url,
            ends_on=ends_on(directory),
        )  # fmt: skip
    finally:
        worker.close()
        server.close()
        running.close()
        web.close()
        store.close()
        built.database.close()
