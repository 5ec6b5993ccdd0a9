"""Everything that can be wrong between Shopify and us is named by the doctor, with what to do; each is broken here once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from plugin import assembly
from plugin.cli import doctor
from plugin.cli.demo.listening import Listening
from plugin.platforms.shopify import notices
from plugin.platforms.shopify.tokens import Credentials
from plugin.runtime import Runtime
from plugin.usecases import import_history
from plugin.worker import connection_step
from storage import access, imports, inbox, shops
from storage.inbox import Delivery
from tests.connections.conftest import DOMAIN, World
from tests.platforms.loopback import answers, free_port, store
from webhooks.shopify import signature


@pytest.fixture
def served(world: World) -> Iterator[World]:
    """The program with its web side at the address that the settings name."""
    port = free_port()
    world.runtime = replace(world.runtime, config=replace(world.runtime.config, public_url=f"http://127.0.0.1:{port}"))
    web = assembly.web(world.runtime)
    listening = Listening(web.app, host="127.0.0.1", port=port)
    yield world
    listening.close()
    web.close()


def _wrong(runtime: Runtime, about: str) -> str:
    """What the doctor has to say about something that is not well."""
    told = [one.told for one in doctor.examine(runtime) if one.about == about and not one.ok]
    assert told, f"nothing wrong about {about}"
    return "; ".join(told)


def _config(world: World, **changed: object) -> Runtime:
    return replace(world.runtime, config=replace(world.runtime.config, **changed))


def test_a_sound_connection_is_well(served: World) -> None:
    """Address, app and store have nothing to complain of; clocks of tests stand in another year."""
    found = [one for one in doctor.examine(served.runtime) if not one.about.startswith("clock of")]

    assert [one for one in found if not one.ok] == []
    assert {"public address", f"shop {DOMAIN}"} <= {one.about for one in found}


def test_an_address_that_no_store_reaches(served: World) -> None:
    """Not set, not https, nobody there, somebody else there: each with what to set."""
    assert "set REGULARS_PUBLIC_URL" in _wrong(_config(served, public_url=""), "public address")
    plain = _config(served, public_url="http://regulars.example.com", allow_private_hosts=False)
    assert "not https" in _wrong(plain, "public address")
    nobody = _config(served, public_url=f"http://127.0.0.1:{free_port()}")
    assert "cannot be reached" in _wrong(nobody, "public address")
    with store(answers(b"hello")) as other:
        assert "something else answers" in _wrong(_config(served, public_url=other.origin), "public address")


def test_a_secret_that_is_not_the_apps(served: World) -> None:
    """Deliveries do not fit it, and the store does not know the app by it: named as a setting, no merchant is sent for."""
    raw = b"{}"
    heads = {"Topic": "orders/create", "Shop-Domain": DOMAIN, "Webhook-Id": "w"}
    heads["Hmac-Sha256"] = signature.sign(raw, "another secret").decode()
    headers = {f"X-Shopify-{name}": value for name, value in heads.items()}
    web = assembly.web(served.runtime)
    assert web.app.test_client().post("/webhooks/shopify/orders/create", data=raw, headers=headers).status_code == 401
    web.close()
    assert "REGULARS_SHOPIFY_CLIENT_SECRET" in _wrong(served.runtime, "signatures")

    served.passes(hours=2)
    wrong = _config(served, shopify_client_secret="not the app's secret at all")
    assert "check REGULARS_SHOPIFY_CLIENT_ID" in _wrong(wrong, f"shop {DOMAIN}")
    connection_step.look_after(wrong)
    assert served.shop().state == "active"


def test_an_app_without_a_name(world: World) -> None:
    """Stores have let one in, and the settings name none."""
    nameless = _config(world, shopify_client_id="", shopify_client_secret="")
    assert "REGULARS_SHOPIFY_CLIENT_ID" in _wrong(nameless, "Shopify app")


def test_scopes_that_are_missing(world: World) -> None:
    """By name, with the address where they are granted."""
    world.store.scopes = ("read_orders", "write_discounts")
    told = _wrong(world.runtime, f"shop {DOMAIN}")

    assert "read_customer_merge, read_customers, read_products" in told
    assert f"https://regulars.example.com/auth/shopify?shop={DOMAIN}" in told


def test_a_token_that_is_dead(world: World) -> None:
    """Open the app once; since when, and why, stays told until it is healed."""
    world.revoke()
    world.passes(days=2)
    assert "open Regulars once" in _wrong(world.runtime, f"shop {DOMAIN}")
    connection_step.look_after(world.runtime)

    assert "shut since 2026-03-04" in _wrong(world.runtime, f"connection of {DOMAIN}")


def test_keys_that_do_not_open_the_token(world: World) -> None:
    """Restore them, or open the app once."""
    with world.runtime.database.transaction() as db:
        access.grant(db, world.shop().shop_id, credentials=b"sealed elsewhere", scopes="", now=world.clock.at)

    assert "restore them" in _wrong(world.runtime, f"shop {DOMAIN}")


@pytest.mark.parametrize(
    ("status", "words"),
    [(402, "frozen"), (404, "no such store"), (423, "locked"), (403, "not allow"), (503, "answered 503")],
)
def test_a_store_that_does_not_let_us_in(world: World, status: int, words: str) -> None:
    """Frozen, gone, locked, not allowed, out of order: in words."""
    with store(answers({}, status=status)) as other:
        assert words in _wrong(_config(world, shopify_origin=other.origin), f"shop {DOMAIN}")


def test_a_store_that_cannot_be_reached(world: World) -> None:
    """Its name leads nowhere, or nobody answers."""
    nowhere = _config(world, shopify_origin=f"http://127.0.0.1:{free_port()}")
    assert "could not be reached" in _wrong(nowhere, f"shop {DOMAIN}")


def test_a_store_that_is_silent(world: World) -> None:
    """A week without a word is named, whether there was one before or never."""
    world.passes(days=8)
    assert "nothing was delivered ever" in _wrong(world.runtime, f"deliveries from {DOMAIN}")
    told = Delivery(
        shop_id=world.shop().shop_id, delivery_id="1", topic="orders/create", received_at=world.clock.at, body=b"{}"
    )
    with world.runtime.database.transaction() as db:
        inbox.keep(db, [told])
    assert not [one for one in doctor.examine(world.runtime) if one.about == f"deliveries from {DOMAIN}"]
    world.passes(days=8)
    assert "since 2026-03-10" in _wrong(world.runtime, f"deliveries from {DOMAIN}")


def test_subscriptions_that_are_missing_or_wrong(world: World) -> None:
    """A custom app's, by topic; once the worker has been there they are well."""
    with world.store.transaction() as connection:
        connection.execute("INSERT INTO tokens (access_token) VALUES ('shpat_custom')")
    with world.runtime.database.transaction() as db:
        sealed = world.runtime.seal(DOMAIN, Credentials(access_token="shpat_custom"))
        access.grant(db, world.shop().shop_id, credentials=sealed, scopes="", now=world.clock.at)
    about = f"subscriptions of {DOMAIN}"
    assert "missing: orders/create" in _wrong(world.runtime, about)
    connection_step.look_after(world.runtime)
    assert [one.ok for one in doctor.examine(world.runtime) if one.about == about] == [True]
    with world.store.transaction() as connection:
        connection.execute("UPDATE hears SET uri = 'https://old.example.com/x' WHERE topic = 'ORDERS_PAID'")
    assert "wrong: orders/paid" in _wrong(world.runtime, about)


def test_an_import_that_is_stuck(world: World) -> None:
    """Waiting for a store that does not answer, and given up: each with the command that tries again."""
    with world.runtime.database.transaction() as db:
        import_history.ask(db, world.shop(), now=world.clock.at)
        asked = imports.claim(db, world.shop().shop_id, now=world.clock.at, lease_seconds=60)
        assert asked is not None
        imports.change(db, asked, trouble="the store answered 503", claimed_until=None)
    about = f"history of {DOMAIN}"
    assert f"it waits: the store answered 503; the worker tries again, regulars import {DOMAIN}" in _wrong(
        world.runtime, about
    )
    with world.runtime.database.transaction() as db:
        imports.change(db, asked, state="failed", trouble="The store refuses.", ended_at=world.clock.at)
    assert f"The store refuses. regulars import {DOMAIN} tries again" in _wrong(world.runtime, about)


def test_a_version_of_the_api_that_is_retired(world: World) -> None:
    """A store that answers in another version than was asked, and what it announces to go: update Regulars."""
    world.runtime.noticed.tell(DOMAIN, notices.VERSION, "answered by 2027-01, asked was 2026-10")
    world.runtime.noticed.tell(DOMAIN, notices.DEPRECATED, "orders")
    told = _wrong(world.runtime, f"API of {DOMAIN}")

    assert "answered by 2027-01, asked was 2026-10" in told
    assert "in a retired version of the API; update Regulars" in told
    assert "asks for what will go; update Regulars" in told


def test_a_store_that_somebody_paused(world: World) -> None:
    """With the command that ends it."""
    _change(world, lambda db: shops.pause(db, world.shop().shop_id, "paused by hand"))
    assert f"regulars shops resume {DOMAIN}" in _wrong(world.runtime, f"shop {DOMAIN}")


def test_a_store_that_has_left_is_told_and_is_no_fault(world: World) -> None:
    """With the way back, and the day until which it leads to what is known."""
    _change(world, lambda db: shops.uninstall(db, world.shop().shop_id, world.clock.at + timedelta(days=1)))
    (told,) = [one for one in doctor.examine(world.runtime) if one.about == f"shop {DOMAIN}"]

    assert told.ok
    assert "connects it again" in told.told
    assert "on 2026-06-01 what is known of it is forgotten" in told.told


def _change(world: World, work: Callable[..., object]) -> None:
    with world.runtime.database.transaction() as db:
        work(db)
