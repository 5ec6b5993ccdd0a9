"""What goes wrong with a Magento store has a name and a sentence, and nothing is lost or doubled by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
import requests

from plugin import connecting
from plugin.cli import doctor
from plugin.integrations import DELIVERIES
from plugin.pages.launch import launch_url
from plugin.platforms.protocol import ShopUnavailable, Unauthorized
from plugin.sandbox.magento.store import KEYS, RESOURCES
from plugin.sandbox.weather import Mishap
from plugin.usecases import erase
from plugin.worker.magento_round import Round
from storage import connections, inbox, orders, outbox, shops
from tests.journeys.magento import Magento, opened
from webhooks.magento import signature

SECONDS = 20


@pytest.fixture
def magento(tmp_path) -> Iterator[Magento]:
    """A connected store without modules, read to its end."""
    with opened(tmp_path, modules=False) as made:
        made.connect()
        made.worker.drain()
        yield made


def test_a_store_in_maintenance_is_asked_again_and_nothing_is_missing(magento: Magento):
    """503, 502, 429 and broken lines each leave a sentence; the shop stays served and the next answer brings all."""
    placed = magento.store.checkout(customer_id=None, total="40.00")
    for mishap in (Mishap.SERVER_ERROR, Mishap.BAD_GATEWAY, Mishap.RESET, Mishap.LOST_ANSWER):
        magento.store.weather.expect(mishap)
        magento.passes(minutes=6)
        if magento.order(placed.order_id) is None:
            assert magento.state().trouble
            assert magento.shop().state == "active"
    magento.passes(minutes=6)
    assert magento.order(placed.order_id) is not None
    assert (magento.state().trouble, magento.state().failures) == ("", 0)
    with magento.runtime.database.reading() as db:
        assert orders.count(db, magento.shop().shop_id) == 1


def test_a_resource_that_is_taken_away_is_named_and_its_return_is_noticed(magento: Magento):
    """The merchant reads which resource to tick; once it is ticked the shop is served again, and nothing is missing."""
    magento.store.resources = RESOURCES - {"Magento_Sales::sales_creditmemo"}
    placed = magento.store.checkout(customer_id=None, total="40.00")
    magento.passes(minutes=6)
    shop = magento.shop()
    assert shop.state == "paused"
    assert "Magento_Sales::sales_creditmemo" in (shop.trouble or "")
    magento.store.resources = RESOURCES
    magento.passes(minutes=16)
    assert magento.shop().state == "active"
    assert magento.order(placed.order_id) is not None


def test_a_merchants_own_pause_is_left_alone(magento: Magento):
    """A shop that was paused by hand is asked what is new and stays paused."""
    with magento.runtime.database.transaction() as db:
        shops.pause(db, magento.shop().shop_id, "paused by hand")
    placed = magento.store.checkout(customer_id=None, total="40.00")
    magento.passes(minutes=16)
    assert magento.shop().state == "paused"
    assert magento.order(placed.order_id) is not None


def test_values_that_the_store_does_not_know_connect_nothing(tmp_path):
    """A connection with wrong values changes nothing, and one whose values were revoked is paused with a sentence."""
    with opened(tmp_path) as magento:
        magento.store.keys = replace(KEYS, access_token="x" * 32)
        with pytest.raises((Unauthorized, ShopUnavailable)):
            magento.connect()
        with magento.runtime.database.reading() as db:
            assert shops.every(db) == []
        magento.store.keys = KEYS
        magento.connect()
        magento.worker.drain()
        magento.store.keys = replace(KEYS, access_token="x" * 32)
        magento.passes(minutes=20)
        assert magento.shop().state == "paused"
        assert magento.shop().trouble


def test_a_missing_resource_is_told_at_the_connection(tmp_path):
    """What is not ticked is named by the store's own answer when the store is connected."""
    with opened(tmp_path) as magento:
        magento.store.resources = RESOURCES - {"Magento_SalesRule::quote"}
        done = connecting.by_values(magento.runtime, magento.credentials)
        assert done.missing == ("Magento_SalesRule::quote",)


def test_a_hint_that_comes_before_the_commit_is_followed_up(magento: Magento):
    """A module that tells from within the store's own transaction names an order that is not there: it is asked again."""
    number = magento.store.checkout(customer_id=None, total="10.00").order_id + 1
    assert deliver(magento, "order", {"entity_id": number}) == 200
    magento.worker.drain()
    assert magento.order(number) is None
    placed = magento.store.checkout(customer_id=None, total="40.00")
    assert placed.order_id == number
    magento.passes(seconds=30)
    assert magento.order(number) is not None

    assert deliver(magento, "order", {"entity_id": 999}) == 200
    for _ in range(6):
        magento.passes(minutes=2)
    with magento.runtime.database.reading() as db:
        assert outbox.waiting(db) == 0


def test_replayed_and_forged_deliveries_change_nothing(magento: Magento):
    """The same bytes again are one delivery, however late; without the secret there is none."""
    placed = magento.store.checkout(customer_id=None, total="40.00")
    body = {"entity_id": placed.order_id}
    for _ in range(3):
        assert deliver(magento, "order", body) == 200
        magento.passes(hours=7)
    assert deliver(magento, "order", body, secret="guessed") == 401
    assert deliver(magento, "order", {"entity_id": "x"}) == 200
    magento.worker.drain()
    with magento.runtime.database.reading() as db:
        assert orders.count(db, magento.shop().shop_id) == 1
        assert [one.reason for one in inbox.aside(db, magento.shop().shop_id)] == ["entity_id: not an id"]


def test_after_an_erasure_nothing_of_a_guest_comes_back(magento: Magento):
    """Who was erased stays erased, through polls, sweeps, hints and reading all history again."""
    placed = [magento.store.checkout(customer_id=None, total="40.00", email="ada@example.com") for _ in range(2)]
    magento.passes(minutes=6)
    kept = magento.order(placed[0].order_id)
    assert kept is not None
    with magento.runtime.database.transaction() as db:
        shop_id = magento.shop().shop_id
        erase.customer(db, shop_id, kept.customer_id or "", now=magento.clock.now(), vault=magento.runtime.vault)
    magento.store.refund(placed[0].order_id, "10.00")
    assert deliver(magento, "order", {"entity_id": placed[1].order_id}) == 200
    magento.passes(days=2)
    asked = Round(magento.runtime, magento.shop())
    asked.again()
    asked.history()
    with magento.runtime.database.reading() as db:
        assert orders.count(db, magento.shop().shop_id) == 0


def deliver(magento: Magento, topic: str, body: dict[str, object], *, secret: str = "") -> int:
    """What a module posts that follows our template."""
    with magento.runtime.database.reading() as db:
        way = connections.get(db, magento.shop().shop_id)
    assert way is not None
    raw = json.dumps(body).encode()
    held = magento.runtime.integrations.open(way).derived(DELIVERIES)
    heads = {"X-Regulars-Signature": signature.sign(raw, secret or held)}
    address = f"{connecting.deliveries_address(magento.runtime, way)}/{topic}"
    return requests.post(address, data=raw, headers=heads, timeout=SECONDS).status_code


def test_the_doctor_says_how_a_magento_store_is_doing(magento: Magento):
    """One line each: the resources, when it last answered, what events missed, what is refused, an unfinished handshake."""
    connecting.awaiting(magento.runtime, "http://another.example")
    magento.store.weather.expect(Mishap.SERVER_ERROR)
    magento.passes(minutes=6)
    told = {one.about.split(" of ")[0]: one for one in doctor.examine(magento.runtime) if "127.0.0.1" in one.about}
    assert not told["polling"].ok
    assert "maintenance" in told["polling"].told
    magento.passes(minutes=6)
    magento.store.resources = RESOURCES - {"Magento_SalesRule::quote"}
    found = list(doctor.examine(magento.runtime))
    lines = {one.about: one for one in found}
    domain = magento.shop().domain
    assert not lines[f"shop {domain}"].ok
    assert "Magento_SalesRule::quote" in lines[f"shop {domain}"].told
    assert lines[f"polling of {domain}"].ok
    assert "polling brings everything" in lines[f"events of {domain}"].told
    assert "hello until" in lines["connection of http://another.example"].told


def test_the_overview_says_that_a_store_does_not_answer(magento: Magento):
    """After three vain tries the merchant reads it, and what cannot be understood by name; once it answers it is gone."""
    magento.store.weather.expect(*[Mishap.SERVER_ERROR] * 3)
    for _ in range(3):
        magento.passes(minutes=6)
    assert "Your store does not answer" in overview(magento)
    magento.passes(minutes=6)
    assert "Your store does not answer" not in overview(magento)


def overview(magento: Magento) -> str:
    link = launch_url(magento.runtime, magento.shop(), origin=magento.app_url)
    return requests.get(link, timeout=SECONDS).text
