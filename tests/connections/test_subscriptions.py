"""A custom app's subscriptions are made, kept right and restored; what its own secret signs is heard, for its store alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from flask.testing import FlaskClient

from plugin import assembly
from plugin.app_secrets import AppSecrets
from plugin.platforms.shopify import subscriptions
from plugin.platforms.shopify.subscriptions import Subscription, Wanted, topic_name
from plugin.platforms.shopify.tokens import Credentials
from plugin.usecases import install
from plugin.worker import connection_step, subscribing
from storage import access
from tests.connections.conftest import DOMAIN, World
from webhooks.shopify import signature

OWN = "the_api_secret_key_of_an_app_made_in_the_admin"


@pytest.fixture
def custom(empty_world: World) -> World:
    """A store that was connected by hand, with the token and the secret of a custom app."""
    world = empty_world
    with world.store.transaction() as connection:
        connection.execute("INSERT INTO tokens (access_token) VALUES ('shpat_custom')")
    kept = Credentials(access_token="shpat_custom", app_secret=OWN)
    info = world.runtime.platform_with(DOMAIN, kept, currency="USD").store_info()
    with world.runtime.database.transaction() as db:
        sealed = world.runtime.seal(DOMAIN, kept)
        install.begin(db, platform="shopify", domain=DOMAIN, info=info, sealed=sealed, now=world.clock.at)
    return world


@pytest.fixture
def door(custom: World) -> Iterator[FlaskClient]:
    """Whoever posts to the app."""
    web = assembly.web(custom.runtime)
    yield web.app.test_client()
    web.close()


def _there(world: World) -> list[Subscription]:
    return subscriptions.listed(world.runtime.client(DOMAIN, world.credentials()))


def _bend(world: World, statement: str) -> None:
    with world.store.transaction() as connection:
        connection.execute(statement)


def test_a_custom_app_is_subscribed_to_what_the_manifest_names(custom: World) -> None:
    """Every topic at its own address with its fields, but those of the law, which only an app file can name."""
    connection_step.look_after(custom.runtime)

    hooks = custom.runtime.manifest.shopify.webhooks
    there = {one.topic: (one.uri, set(one.include_fields)) for one in _there(custom)}
    assert there == {
        topic_name(hook.topic): (f"https://regulars.example.com{hook.uri}", set(hook.include_fields)) for hook in hooks
    }
    assert "regulars_connections_total" in custom.runtime.metrics.text()


def test_what_is_missing_wrong_or_doubled_is_put_right_within_the_hour(custom: World) -> None:
    """The store deletes a subscription after failures, somebody moves one, makes another: the next look restores them."""
    connection_step.look_after(custom.runtime)
    _bend(custom, "DELETE FROM hears WHERE topic IN ('ORDERS_CREATE', 'REFUNDS_CREATE')")
    _bend(custom, "UPDATE hears SET uri = 'https://old.example.com/x' WHERE topic = 'ORDERS_PAID'")
    _bend(custom, "UPDATE hears SET fields = '[]' WHERE topic = 'CUSTOMERS_UPDATE'")
    _bend(custom, "INSERT INTO hears (topic, uri, fields) VALUES ('SHOP_UPDATE', 'https://old.example.com/y', '[]')")
    wrong = subscribing.found_wrong(custom.runtime, custom.shop())
    assert wrong is not None
    assert (len(wrong.missing), len(wrong.wrong), len(wrong.doubled)) == (2, 2, 1)

    connection_step.look_after(custom.runtime)
    assert subscribing.found_wrong(custom.runtime, custom.shop())
    custom.passes(hours=1)
    connection_step.look_after(custom.runtime)

    assert not subscribing.found_wrong(custom.runtime, custom.shop())
    counted = custom.runtime.metrics.text()
    made = len(custom.runtime.manifest.shopify.webhooks) + 2
    for event, count in (("made", made), ("corrected", 2), ("removed", 1)):
        assert f'regulars_connections_total{{event="subscription_{event}"}} {count}.0' in counted
    assert f"regulars_subscription_missing_total {made}.0" in counted


def test_an_app_with_an_app_file_is_left_alone(world: World) -> None:
    """What stands in the file is not listed, and would be told twice."""
    assert subscribing.found_wrong(world.runtime, world.shop()) is None
    subscribing.look_after(world.runtime, world.shop())


def test_without_an_address_nothing_is_subscribed(custom: World) -> None:
    """A store is never told to deliver nowhere."""
    config = replace(custom.runtime.config, public_url="")
    assert subscribing.found_wrong(replace(custom.runtime, config=config), custom.shop()) is None


def test_topics_that_nobody_wants_are_left_alone() -> None:
    """Another hand may have made them for a reason."""
    other = Subscription(ref="1", topic="THEMES_UPDATE", uri="https://x.example.com", include_fields=())
    want = Wanted(topic="orders/create", uri="https://y.example.com")

    found = subscriptions.differences([other], [want])
    assert (found.missing, found.wrong, found.doubled) == ((want,), (), ())


def _delivers(door: FlaskClient, secret: str, domain: str) -> int:
    raw = b'{"id":1}'
    heads = {"Topic": "orders/create", "Shop-Domain": domain, "Webhook-Id": "w1"}
    heads["Hmac-Sha256"] = signature.sign(raw, secret).decode()
    headers = {f"X-Shopify-{name}": value for name, value in heads.items()}
    return door.post("/webhooks/shopify/orders/create", data=raw, headers=headers).status_code


def test_a_custom_apps_own_secret_signs_for_its_store_alone(door: FlaskClient) -> None:
    """Under another store's name it proves nothing."""
    assert _delivers(door, OWN, DOMAIN) == 200
    assert _delivers(door, OWN, "other.myshopify.com") == 401
    assert _delivers(door, "made up", DOMAIN) == 401


def test_made_up_stores_cost_nothing(custom: World) -> None:
    """The memory is renewed as a whole every few seconds, whoever is asked about; a removed store's secret goes with it."""
    now = [0.0]
    secrets = AppSecrets(custom.runtime, monotonic=lambda: now[0])
    ours = custom.runtime.config.shopify_secrets
    assert secrets.of("shopify", DOMAIN) == (*ours, OWN)
    with custom.runtime.database.transaction() as db:
        access.grant(
            db, custom.shop().shop_id, scopes="", now=custom.clock.at,
            credentials=custom.runtime.seal(DOMAIN, Credentials(access_token="shpat_other")),
        )  # fmt: skip

    assert secrets.of("shopify", DOMAIN) == (*ours, OWN)
    now[0] = 5.0
    assert secrets.of("shopify", DOMAIN) == ours == secrets.of("shopify", "made-up.myshopify.com")
