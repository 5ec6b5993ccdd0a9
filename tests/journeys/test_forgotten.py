"""Who is to be forgotten stays forgotten, however late and under whatever name they are heard of; a shop likewise."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from plugin.cli.demo.world import DOMAIN, World
from plugin.sandbox import deliveries, lifecycle
from plugin.sandbox.deliveries import Outgoing
from plugin.usecases import disclose
from plugin.usecases.redact_shop import CHECK
from storage import disclosure, orders, outbox, shops
from storage.tables import outbox as effects
from storage.tables import refunds
from tests.journeys import people
from tests.storage.dumps import dump

CANARY = 8_123_456_789_012_345
EMAIL = "canary@example.com"


def test_nothing_late_brings_an_erased_customer_back(
    world: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Order, refund, edit, tags, consent and merge, each told again after the erasure: no row, no byte, no log line."""
    caplog.set_level(logging.DEBUG)
    people.rules(world)
    bought = people.buys(world, CANARY)
    world.worker.drain()
    told = _hold_back(world, lambda: _much_happens(world, bought))
    lifecycle.redact_customer(world.store, CANARY)
    world.postman.deliver()
    world.worker.drain()
    before = _rows(world)
    people.passes(world, minutes=1)

    _tell(world, told)
    world.worker.drain()

    assert {topic for topic, _ in told} > {
        "refunds/create",
        "orders/edited",
        "customers_email_marketing_consent/update",
    }
    assert _rows(world) == before
    for canary in (str(CANARY), str(bought), EMAIL):
        assert not _held(tmp_path, canary)
        assert canary not in caplog.text


def test_who_is_named_by_orders_alone_is_whose_orders_they_are(world: World, tmp_path: Path) -> None:
    """A request that names an address and orders, but no customer, is answered and followed for their customer."""
    bought = people.buys(world, CANARY)
    world.worker.drain()
    person = {"id": None, "email": EMAIL, "phone": None}
    _ask(world, "customers/data_request", {"customer": person, "orders_requested": [bought], "data_request": {"id": 5}})
    _ask(world, "customers/data_request", {"customer": person, "orders_requested": [bought], "data_request": {"id": 5}})
    with world.runtime.database.reading() as db:
        asked = disclosure.waiting(db, world.shop().shop_id, disclose.DATA_REQUEST)
        told = disclose.everything(db, world.shop().shop_id, str(CANARY), now=world.clock.now())

    assert [one["customer_id"] for one in asked] == [str(CANARY)]
    assert {row["order_id"] for row in told["kept"]["orders"]} == {str(bought)}

    _ask(world, "customers/redact", {"customer": person, "orders_to_redact": [bought]})

    assert not _held(tmp_path, str(CANARY))
    assert not _held(tmp_path, str(bought))


def test_an_erased_customers_other_half_is_erased_when_the_merge_is_told_late(world: World) -> None:
    """Whom a late merge makes part of somebody erased is forgotten, too; who only swallowed one is not."""
    other, stranger = CANARY + 1, CANARY + 2
    for who in (CANARY, other, stranger):
        people.buys(world, who)
    world.worker.drain()
    lifecycle.redact_customer(world.store, CANARY)
    world.postman.deliver()
    world.worker.drain()
    _tell(world, [("customers/merge", _merge(kept=CANARY, gone=other)), ("customers/merge", _merge(stranger, CANARY))])
    world.worker.drain()

    with world.runtime.database.reading() as db:
        assert orders.purchases(db, world.shop().shop_id).customer_ids == [str(stranger)]


def test_a_shop_that_came_back_is_not_forgotten(world: World) -> None:
    """shop/redact of an uninstall before the last installation changes nothing, however it is dated."""
    people.buys(world)
    world.worker.drain()
    lifecycle.uninstall(world.store)
    world.postman.deliver()
    world.worker.drain()
    people.passes(world, hours=47)
    _opens_the_app(world)
    people.passes(world, hours=2)
    lifecycle.redact_shop(world.store)
    world.postman.deliver()
    world.worker.drain()

    assert world.shop().generation == 2
    with world.runtime.database.reading() as db:
        assert orders.purchases(db, world.shop().shop_id).customer_ids
        assert not outbox.newest(db, world.shop().shop_id, CHECK)


def test_an_old_request_told_again_to_a_connected_shop_is_not_followed(world: World) -> None:
    """A store that answers is not forgotten by whoever holds a copy of its request from long ago."""
    people.buys(world)
    people.passes(world, days=30)
    lifecycle.redact_shop(world.store)
    world.postman.deliver()
    world.worker.drain()

    with world.runtime.database.reading() as db:
        assert orders.purchases(db, world.shop().shop_id).customer_ids
        assert outbox.settled(db, world.shop().shop_id, CHECK, since=world.clock.now())


def test_a_shop_whose_uninstall_was_never_heard_of_is_forgotten(world: World, tmp_path: Path) -> None:
    """Where the token is dead, the request is followed though nothing told of the uninstall; no byte is left."""
    bought = people.buys(world, CANARY)
    world.worker.drain()
    _hold_back(world, lambda: lifecycle.uninstall(world.store))
    people.passes(world, hours=49)
    shop_id = world.shop().shop_id
    lifecycle.redact_shop(world.store)
    world.postman.deliver()
    world.worker.drain()

    with world.runtime.database.reading() as db:
        assert not any(dump(db, shop_id).values())
        assert shops.every(db) == []
    assert not _held(tmp_path, str(CANARY))
    assert not _held(tmp_path, str(bought))


def test_what_happens_for_the_erased_leaves_no_name_behind(world: World) -> None:
    """The call that switches an erased customer's code off is gone once it was made."""
    people.rules(world)
    people.buys(world, CANARY)
    world.worker.drain()
    [offer] = people.made(world)
    lifecycle.redact_customer(world.store, CANARY)
    world.postman.deliver()
    world.worker.drain()
    people.passes(world, minutes=1)
    world.worker.drain()

    assert not people.live_codes(world, CANARY)
    with world.runtime.database.reading() as db:
        kept = db.execute(select(effects.c.key, effects.c.payload)).all()
        assert db.execute(select(refunds.c.order_id)).all() == []
    assert not [row for row in kept if str(offer.code) in str(row) or offer.offer_id in str(row)]


def _much_happens(world: World, bought: int) -> None:
    lifecycle.edit_order(world.store, bought, price="30.00")
    world.store.refund(bought, "10.00")
    lifecycle.tag_customer(world.store, CANARY, add=["staff"])
    lifecycle.agree(world.store, CANARY, "subscribed")
    lifecycle.rename_customer(world.store, CANARY, "Ada Other")


def _opens_the_app(world: World) -> None:
    given = {"shop": DOMAIN, "embedded": "1", "id_token": world.store.id_token()}
    assert requests.get(f"{world.app_url}/app/overview", params=given, timeout=10).ok


def _merge(kept: int, gone: int) -> dict[str, Any]:
    name = "gid://shopify/Customer/{}"
    return {
        "admin_graphql_api_customer_kept_id": name.format(kept),
        "admin_graphql_api_customer_deleted_id": name.format(gone),
        "admin_graphql_api_job_id": None,
        "status": "success",
        "errors": [],
    }


def _hold_back(world: World, happen: Any) -> list[tuple[str, dict[str, Any]]]:
    """What happens is told to nobody yet; what would have been."""
    happen()
    with world.store.transaction() as connection:
        kept = deliveries.waiting(connection)
        letters: Sequence[Outgoing] = deliveries.load(connection, kept)
        deliveries.drop(connection, kept)
    return [(letter.topic, json.loads(letter.body)) for letter in letters]


def _tell(world: World, told: Sequence[tuple[str, dict[str, Any]]]) -> None:
    at: datetime = world.clock.now() - timedelta(hours=1)
    with world.store.transaction() as connection:
        for one in told:
            world.store.announce(connection, [one], at)
    world.postman.deliver()


def _ask(world: World, topic: str, told: dict[str, Any]) -> None:
    _tell(world, [(topic, {"shop_id": 1, "shop_domain": world.store.domain, **told})])
    world.worker.drain()


def _rows(world: World) -> dict[str, list[str]]:
    with world.runtime.database.reading() as db:
        found = dump(db, world.shop().shop_id)
    # that something came is no secret, and an erasure that is done again counts again
    return {name: rows for name, rows in found.items() if name not in {"inbox", "erasures", "outbox", "watches"}}


def _held(folder: Path, text: str) -> bool:
    return any(text.encode() in path.read_bytes() for path in folder.glob("regulars.db*"))
