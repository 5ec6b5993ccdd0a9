"""The demo's small world: a sandbox store, Regulars' web side and its worker, on one machine, over real HTTP."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from plugin import assembly, runtime
from plugin.cli.demo.clock import Clock
from plugin.cli.demo.listening import Listening
from plugin.cli.demo.stage import HOST, TIMEZONE, Stage
from plugin.config import Config
from plugin.sandbox.postman import Postman
from plugin.sandbox.server import serve
from plugin.sandbox.store import Store
from plugin.worker.loop import Worker
from storage import migrations, shops
from storage.shops import Shop

DOMAIN = "corner-records.myshopify.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class World(Stage):
    """Everything that runs in a demo on Shopify."""

    store: Store
    postman: Postman

    def known(self) -> Shop | None:
        """The sandbox store as Regulars knows it; None before it is connected."""
        with self.runtime.database.reading() as db:
            return shops.find(db, platform="shopify", domain=DOMAIN)


@contextmanager
def opened(directory: Path, port: int) -> Iterator[World]:
    """Builds the world in a folder, starts its servers and takes them down again."""
    directory.mkdir(parents=True, exist_ok=True)
    kept = _kept(directory)
    app_url, shop_url = f"http://{HOST}:{port}", f"http://{HOST}:{port + 1}"
    config = Config(
        database_url=f"sqlite:///{directory / 'regulars.db'}",
        public_url=app_url,
        shopify_client_id=kept["client_id"],
        shopify_client_secret=kept["client_secret"],
        shopify_origin=shop_url,
        allow_private_hosts=True,
        environment="demo",
    )
    clock = Clock()
    built = runtime.build(config, now=clock.now)
    migrations.migrate(built.database)
    store = Store(
        directory / "store.db", domain=DOMAIN, client_id=config.shopify_client_id,
        client_secret=config.shopify_client_secret, app_url=app_url, now=clock.now, name="Corner Records",
        currency="USD", timezone=TIMEZONE, ticks=lambda: clock.now().timestamp(),
    )  # fmt: skip
    store.subscribe({hook.topic: hook.uri for hook in built.manifest.shopify.all_webhooks})
    web, worker = assembly.web(built), Worker(built)
    server = Listening(web.app, host=HOST, port=port)
    shop_side = serve(store, port=port + 1, host=HOST)
    postman = Postman(store)
    try:
        yield World(
            clock=clock, store=store, postman=postman, runtime=built, worker=worker, app_url=app_url,
            shop_url=shop_url, ends_on=date.fromisoformat(kept["ends_on"]),
        )  # fmt: skip
    finally:
        postman.close()
        worker.close()
        server.close()
        shop_side.close()
        web.close()
        store.close()
        built.database.close()


def ends_on(directory: Path) -> date:
    """The last day of the purchase history in this folder: the day on which it was first used."""
    return date.fromisoformat(_kept(directory)["ends_on"])


def _kept(directory: Path) -> dict[str, str]:
    """What must stay the same when the demo is run again on the same folder."""
    path = directory / "demo.json"
    if not path.exists():
        made = {
            "client_id": secrets.token_hex(16),
            "client_secret": secrets.token_hex(32),
            "ends_on": datetime.now(ZoneInfo(TIMEZONE)).date().isoformat(),
        }
        path.touch(mode=0o600)
        path.write_text(json.dumps(made), encoding="utf-8")
    kept: dict[str, str] = json.loads(path.read_text(encoding="utf-8"))
    return kept
