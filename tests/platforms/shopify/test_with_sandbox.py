"""Against the sandbox store over HTTP: installed, asked, failed upon, and one discount in the end."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from plugin.platforms.line import Line, Patience
from plugin.platforms.protocol import (
    MARK,
    InDoubt,
    PlatformError,
    Taken,
    Throttled,
    Unauthorized,
)
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.auth import check_session_token
from plugin.platforms.shopify.platform import ShopifyPlatform
from plugin.platforms.shopify.tokens import App, Credentials, exchange, refresh
from plugin.sandbox.server import serve
from plugin.sandbox.store import Store
from plugin.sandbox.weather import Mishap
from tests.platforms.shopify.samples import NOW, SHOP, SPEC

SECRET = "s" * 40
CLIENT = "client"


class Clock:
    """Stands still until it is turned."""

    at = NOW

    def now(self) -> datetime:
        """The store's and the app's time."""
        return self.at

    def seconds(self) -> float:
        """What the store's throttle counts."""
        return self.at.timestamp()


@dataclass
class World:
    """A store that runs, an app that is not installed yet, and a clock to turn."""

    store: Store
    line: Line
    app: App
    clock: Clock

    def install(self) -> Credentials:
        """As when a merchant opens the app for the first time."""
        token, now = self.store.id_token(), self.clock.now()
        claims = check_session_token(token, client_id=CLIENT, secrets=[SECRET], now=now)
        return exchange(self.line, self.app, shop=claims.shop_domain, session_token=token, now=now)

    def renew(self, refresh_token: str | None) -> Credentials:
        """The next pair."""
        assert refresh_token is not None
        return refresh(self.line, self.app, shop=SHOP, refresh_token=refresh_token, now=self.clock.now())

    def platform(self, credentials: Credentials) -> ShopifyPlatform:
        """The store's API for whoever holds these."""
        client = AdminClient(
            self.line, shop=SHOP, origin=self.app.origin, api_version="2026-10", access_token=credentials.access_token
        )
        return ShopifyPlatform(client, currency="USD")


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A running store with one customer."""
    clock = Clock()
    store = Store(
        tmp_path / "store.db", domain=SHOP, client_id=CLIENT, client_secret=SECRET, app_url="http://127.0.0.1:1",
        name="Corner Records", timezone="Europe/Rome", now=clock.now, ticks=clock.seconds,
    )  # fmt: skip
    store.add_customer(int(SPEC.customer_id), "Maya Lind")
    served = serve(store, port=0)
    line = Line(allow_private_hosts=True, monotonic=lambda: 0.0, patience=Patience(read_seconds=0.3))
    yield World(store, line, App(client_id=CLIENT, client_secret=SECRET, origin=served.url), clock)
    line.close()
    served.close()
    store.close()


def test_a_store_installs_and_says_who_it_is(world: World) -> None:
    """A checked session token becomes an expiring pair, and the pair opens the store that it is for."""
    credentials = world.install()
    info = world.platform(credentials).store_info()

    assert (info.name, info.currency, info.timezone) == ("Corner Records", "USD", "Europe/Rome")
    assert set(info.scopes) == set(credentials.scopes) >= {"write_discounts", "read_orders"}
    assert credentials.usable(NOW)
    assert credentials.refreshable(NOW + timedelta(days=89))


def test_a_token_that_has_run_out_is_renewed(world: World) -> None:
    """After an hour the old token is refused and the next pair is good; the same renewal may be asked for twice."""
    old = world.install()
    world.clock.at += timedelta(hours=2)
    with pytest.raises(Unauthorized):
        world.platform(old).store_info()

    lost, again = world.renew(old.refresh_token), world.renew(old.refresh_token)

    assert world.platform(again).store_info().name == "Corner Records"
    assert lost.usable(world.clock.now())
    with pytest.raises(Unauthorized):
        world.renew("shprt_never_given")


def test_a_discount_lives_until_it_is_switched_off(world: World) -> None:
    """Created, found under any case, refused a second time, switched off for good."""
    platform = world.platform(world.install())

    assert platform.find_discount(SPEC.code) is None
    made = platform.create_discount(SPEC)
    assert (made.code, made.tags, made.live, made.usage_count) == (SPEC.code, (SPEC.tag, MARK), True, 0)
    assert platform.find_discount(SPEC.code.lower()) == made
    with pytest.raises(Taken):
        platform.create_discount(replace(SPEC, code=SPEC.code.lower()))

    platform.deactivate_discount(made.ref)
    assert platform.find_discount(SPEC.code) == replace(made, live=False)


BEFORE = (Mishap.TIMEOUT_BEFORE, Mishap.SERVER_ERROR, Mishap.RESET, Mishap.THROTTLED, Mishap.TOO_MANY)
AFTER = (Mishap.TIMEOUT_AFTER, Mishap.BAD_GATEWAY, Mishap.LOST_ANSWER)


@pytest.mark.parametrize("mishap", [*BEFORE, *AFTER])
def test_after_any_mishap_the_very_same_again_makes_one(mishap: Mishap, world: World) -> None:
    """In doubt, or told to wait and having waited: asking the same again either makes the discount or finds the one that was made."""
    platform = world.platform(world.install())
    world.store.weather.expect(mishap)

    with pytest.raises(PlatformError) as raised:
        platform.create_discount(SPEC)
    told_to_wait = mishap in {Mishap.THROTTLED, Mishap.TOO_MANY}
    assert type(raised.value) is (Throttled if told_to_wait else InDoubt)
    if isinstance(raised.value, Throttled):
        world.clock.at += timedelta(seconds=raised.value.retry_after_seconds)

    world.store.weather.clear()
    if mishap in AFTER:
        with pytest.raises(Taken):
            platform.create_discount(SPEC)
    else:
        platform.create_discount(SPEC)
    found = platform.find_discount(SPEC.code)
    assert found is not None
    assert (found.tags, found.live) == ((SPEC.tag, MARK), True)


def test_an_uninstalled_app_has_no_access(world: World) -> None:
    """A token that was never given opens nothing."""
    with pytest.raises(Unauthorized):
        world.platform(Credentials(access_token="shpat_never_given")).store_info()
