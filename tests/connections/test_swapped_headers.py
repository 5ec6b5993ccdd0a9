"""A body that Shopify signed, sent again with other words around it: over all topics, and whatever is swapped."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from plugin import assembly
from storage.tables import inbox
from tests.connections.conftest import DOMAIN, SECRET, World
from tests.webhooks import bodies
from webhooks.hearing import SHOP_IN_BODY
from webhooks.shopify import signature

OTHER = "other.myshopify.com"


@pytest.fixture
def door(world: World) -> Iterator[FlaskClient]:
    """Whoever posts to the app."""
    web = assembly.web(world.runtime)
    yield web.app.test_client()
    web.close()


def _kept(world: World) -> int:
    with world.runtime.database.reading() as db:
        return int(db.execute(select(func.count()).select_from(inbox)).scalar_one())


def _post(
    door: FlaskClient, address: str, raw: bytes, *, topic: str, shop: str = DOMAIN, prefix: str = "X-Shopify-"
) -> int:
    heads = {"Topic": topic, "Shop-Domain": shop, "Webhook-Id": f"{address} {topic}".replace(" ", "-")}
    heads["Hmac-Sha256"] = signature.sign(raw, SECRET).decode()
    headers = {prefix + name: value for name, value in heads.items()}
    return door.post(f"/webhooks/shopify/{address}", data=raw, headers=headers).status_code


def test_every_body_at_every_other_address_is_refused(door: FlaskClient, world: World) -> None:
    """A signed body of one topic, sent with its own headers to the address of another: 401, in both families of headers."""
    topics = sorted(world.runtime.manifest.shopify.topics)
    answers = {
        _post(door, address, bodies.raw(name), topic=bodies.topic_of(name), prefix=prefix)
        for name in bodies.NAMES
        for address in topics
        if address != bodies.topic_of(name)
        for prefix in ("X-Shopify-", "shopify-")
    }

    assert (answers, _kept(world)) == ({401}, 0)


def test_every_body_that_names_its_store_is_refused_under_another(door: FlaskClient, world: World) -> None:
    """Whichever store the headers name: bodies of what is destructive or of the store itself say whose they are."""
    named = [name for name in bodies.NAMES if bodies.topic_of(name) in SHOP_IN_BODY]
    for name in named:
        topic = bodies.topic_of(name)
        own = bodies.body(name).get(SHOP_IN_BODY[topic])
        for shop in {DOMAIN, OTHER} - {own}:
            assert _post(door, topic, bodies.raw(name), topic=topic, shop=shop) == 401
    assert (len(named) >= 5, _kept(world)) == (True, 0)


def test_headers_that_disagree_are_refused(door: FlaskClient, world: World) -> None:
    """Two topics, two stores, a header twice: whichever is meant, none is believed; nothing is a fault of ours."""
    raw = bodies.raw("order")
    good = {
        "X-Shopify-Topic": "orders/create", "X-Shopify-Shop-Domain": DOMAIN, "X-Shopify-Webhook-Id": "w",
        "X-Shopify-Hmac-Sha256": signature.sign(raw, SECRET).decode(),
    }  # fmt: skip
    for swap in (
        {"shopify-topic": "shop/redact"}, {"shopify-shop-domain": OTHER}, {"X-Shopify-Topic": "orders/create,shop/redact"},
        {"X-Shopify-Topic": ""}, {"X-Shopify-Shop-Domain": ""}, {"X-Shopify-Shop-Domain": f"{DOMAIN},{OTHER}"},
        {"X-Shopify-Webhook-Id": "x" * 256}, {"X-Shopify-Topic": "ORDERS/CREATE"}, {"X-Shopify-Topic": "Customer"},
        {"X-Shopify-Hmac-Sha256": "é"},
    ):  # fmt: skip
        answer = door.post("/webhooks/shopify/orders/create", data=raw, headers={**good, **swap})
        assert answer.status_code in {400, 401}, swap
    assert _kept(world) == 0
