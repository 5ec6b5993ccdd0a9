"""Puts the web side together: who is listened to, where deliveries are kept, what a first visit does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask

from plugin.app import create_app
from plugin.platforms.shopify import tokens
from plugin.runtime import Runtime
from plugin.usecases import install
from storage import shops
from webhooks.hearing import Ear
from webhooks.keeper import Keeper

log = logging.getLogger(__name__)
#: signed, and yet not what its sender should send
ALARMING = frozenset({"wrong_topic", "wrong_shop", "unknown_topic", "missing_header"})
#: how long a store's number is taken from memory
REMEMBERED_SECONDS = 5.0
MOST_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class Web:
    """The application and what must be closed after it."""

    app: Flask
    close: Callable[[], None]


def web(runtime: Runtime) -> Web:
    """The web side of a running program."""
    keeper = Keeper(runtime.database)
    ear = Ear(
        secrets_for=lambda _platform, _domain: runtime.config.shopify_secrets,
        shop_id_of=_Directory(runtime).shop_id_of,
        keep=keeper.keep,
        now=runtime.now,
        count=runtime.metrics.heard,
        topics=runtime.manifest.shopify.topics,
        log=_tell,
    )
    app = create_app(
        runtime, ear=ear, on_first_open=lambda domain, token: install_on_first_open(runtime, domain, token)
    )
    return Web(app=app, close=keeper.close)


def install_on_first_open(runtime: Runtime, domain: str, session_token: str) -> None:
    """Trades the merchant's session token for the store's own, asks the store who it is, and begins. Network first."""
    credentials = tokens.exchange(
        runtime.lines[domain], runtime.app, shop=domain, session_token=session_token, now=runtime.now()
    )
    info = runtime.platform_with(domain, credentials, currency="USD").store_info()
    sealed = runtime.seal(domain, credentials)
    with runtime.database.transaction() as db:
        install.begin(db, platform="shopify", domain=domain, info=info, sealed=sealed, now=runtime.now())


def _tell(outcome: str, topic: str, domain: str) -> None:
    """What somebody who holds a secret did wrong; everything else is a number in the metrics, as anybody can cause it."""
    if outcome in ALARMING:
        log.warning("a signed delivery was answered %s: topic %s, store %s", outcome, topic, domain)


class _Directory:
    """Which store is which shop, remembered for a few seconds: the door must not wait for the database each time."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.known: dict[tuple[str, str], tuple[float, int | None]] = {}

    def shop_id_of(self, platform: str, domain: str) -> int | None:
        asked = time.monotonic()
        until, shop_id = self.known.get((platform, domain), (0.0, None))
        if asked < until:
            return shop_id
        with self.runtime.database.reading() as db:
            shop = shops.find(db, platform=platform, domain=domain)
        shop_id = shop.shop_id if shop else None
        if len(self.known) > MOST_REMEMBERED:
            self.known.clear()
        self.known[platform, domain] = (asked + REMEMBERED_SECONDS if shop_id else 0.0, shop_id)
        return shop_id
