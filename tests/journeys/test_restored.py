"""An old copy of the database, put back: what was forgotten with it comes again, and nothing exists twice."""

import shutil
import zlib
from pathlib import Path

import requests
from sqlalchemy import select

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import World, opened
from storage import backup, orders
from storage.tables import inbox
from tests.journeys import people
from tests.journeys.conftest import BEGIN, free_port
from webhooks.shopify import signature


def test_a_code_that_the_copy_does_not_know_is_adopted(tmp_path: Path) -> None:
    """Deliveries sent again after a restore lead to the same code, which the store has already: one order, one code."""
    folder, copy = tmp_path / "world", tmp_path / "copy.db"
    with opened(folder, free_port()) as world:
        world.clock.set(BEGIN)
        Merchant(world).install()
        people.rules(world)
        world.worker.drain()
        backup.copy(world.runtime.database, copy)
        people.passes(world, minutes=5)
        number = people.buys(world)
        world.worker.drain()
        (before,) = people.live_codes(world)
        sent, at = kept(world), people.passes(world, hours=1)

    for path in folder.glob("regulars.db*"):
        path.unlink()
    shutil.copyfile(copy, folder / "regulars.db")
    with opened(folder, free_port()) as world:
        world.clock.set(at)
        assert people.made(world) == []
        for again in ("", "-again"):
            answers = [deliver(world, topic, raw, f"{name}{again}") for name, topic, raw in sent]
            world.worker.drain()
        assert set(answers) == {"known\n"}

        (offer,) = people.made(world)
        assert offer.state == "issued"
        assert [one.terms.code for one in people.all_codes(world)] == [before.terms.code] == [offer.code]
        with world.runtime.database.reading() as db:
            assert orders.get(db, world.shop().shop_id, str(number)) is not None


def kept(world: World) -> list[tuple[str, str, bytes]]:
    """The deliveries of orders and customers as they came: id, topic, bytes."""
    columns = (inbox.c.delivery_id, inbox.c.topic, inbox.c.body)
    with world.runtime.database.reading() as db:
        rows = db.execute(select(*columns).where(inbox.c.shop_id == world.shop().shop_id)).all()
    mine = [row for row in rows if row.topic.startswith(("orders/", "customers/"))]
    return [(row.delivery_id, row.topic, zlib.decompress(row.body)) for row in mine]


def deliver(world: World, topic: str, raw: bytes, name: str) -> str:
    """Delivers bytes under an id, signed; what the answer said."""
    told = {
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": signature.sign(raw, world.runtime.config.shopify_client_secret).decode(),
        "X-Shopify-Shop-Domain": world.shop().domain,
        "X-Shopify-Webhook-Id": name,
    }
    return requests.post(f"{world.app_url}/webhooks/shopify/{topic}", data=raw, headers=told, timeout=30).text
