"""The second law: the same purchases leave the same measures whether they were heard live or came from a file."""

from pathlib import Path
from typing import Any

from plugin.cli import history
from plugin.cli.demo.world import World
from plugin.platforms.protocol import StoreInfo
from plugin.sandbox import diary
from plugin.usecases import install, list_signals
from storage.engine import Database
from storage.migrations import migrate
from storage.shops import Shop
from tests.journeys import people


def test_a_file_and_the_webhooks_measure_alike(world: World, tmp_path: Path) -> None:
    """Orders heard as webhooks, refunds among them, and the same orders imported give equal signals of every customer."""
    people.rules(world)
    for number in range(12):
        who = people.REGULAR + number % 5
        order = people.buys(world, who, total=f"{20 + 3 * number}.50")
        if number % 4 == 0:
            world.store.refund(order, "5.25")
        if number == 7:
            world.store.cancel(order)
        people.passes(world, days=9)
    world.postman.deliver()
    world.worker.drain()
    diary.write_orders(world.store, tmp_path / "orders.csv")

    live = _signals(world, world.runtime.database, world.shop())
    imported = _imported(world, tmp_path)

    assert len(live) == 5
    assert imported == live


def _imported(world: World, folder: Path) -> list[dict[str, Any]]:
    database = Database(f"sqlite:///{folder / 'other.db'}")
    migrate(database)
    other = type(world.runtime)(
        **{name: getattr(world.runtime, name) for name in world.runtime.__slots__} | {"database": database}
    )
    with database.transaction() as db:
        known = world.shop()
        info = StoreInfo(name=known.name, currency=known.currency, timezone=known.timezone, scopes=())
        shop = install.begin(
            db, platform="shopify", domain="other.myshopify.com", info=info, sealed=None, now=world.clock.now()
        )
    history.from_file(other, shop, folder / "orders.csv")
    told = _signals(world, database, shop)
    database.close()
    return told


def _signals(world: World, database: Database, shop: Shop) -> list[dict[str, Any]]:
    with database.reading() as db:
        rows = list(list_signals.rows(db, shop, as_of=world.clock.now()))
    # the two shops have rules of their own
    return [{name: value for name, value in row.items() if name != "tier"} for row in rows]
