"""Puts the web side together: who is listened to, where deliveries are kept, what a first visit does."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from flask import Flask

from plugin.app import create_app
from plugin.app_secrets import AppSecrets
from plugin.google_tokens import GoogleTokens
from plugin.installation import Installer
from plugin.pages import consenting, proxied
from plugin.pages.consenting import Way
from plugin.platforms.magento.adobe_keys import HOST as ADOBE
from plugin.platforms.magento.adobe_keys import AdobeKeys
from plugin.runtime import Runtime
from storage import connections, shops
from storage.inbox import Delivery
from webhooks import pubsub
from webhooks.hearing import Ear, Sender
from webhooks.keeper import Keeper

log = logging.getLogger(__name__)
#: signed, and yet not what its sender should send
ALARMING = frozenset({"wrong_topic", "wrong_shop", "unknown_topic", "missing_header"})
#: what a merchant's own template, or Adobe's events, may write behind a connection's address
MAGENTO_TEMPLATES = ("adobe", "order", "invoice", "shipment", "creditmemo", "customer")
#: an address that is not known may have been made by another process meanwhile
LOOK_AGAIN_SECONDS = 1.0
#: how long a store's number is taken from memory
REMEMBERED_SECONDS = 5.0
MOST_REMEMBERED = 100_000
#: on a server, for deliveries alone: one that writes them, the others for what is not remembered
RESERVED_CONNECTIONS = 4


@dataclass(frozen=True, slots=True)
class Web:
    """The application and what must be closed after it."""

    app: Flask
    keeper: Keeper
    close: Callable[[], None]


def web(runtime: Runtime) -> Web:
    """The web side of a running program."""
    # what keeps deliveries, and looks something up for them, waits for no page that holds a connection
    reserved = runtime.database.beside(RESERVED_CONNECTIONS)
    keeper = Keeper(reserved)
    heard = ear(replace(runtime, database=reserved), keeper.keep)
    installer = Installer(runtime, sleep=time.sleep)
    app = create_app(runtime, ear=heard, on_first_open=installer.by_session)
    app.register_blueprint(consenting.blueprint(Way(runtime=runtime, on_code=installer.by_code)))
    app.register_blueprint(proxied.blueprint(runtime))
    if runtime.config.pubsub_account:
        app.register_blueprint(pubsub.blueprint(heard, proves=_google(runtime).proves))

    def close() -> None:
        keeper.close()
        if reserved is not runtime.database:
            reserved.close()

    return Web(app=app, keeper=keeper, close=close)


def ear(runtime: Runtime, keep: Callable[[Delivery], bool]) -> Ear:
    """Who is listened to, and where it is kept."""
    secrets, directory = AppSecrets(runtime, monotonic=time.monotonic), _Directory(runtime)
    return Ear(
        secrets_for=secrets.of,
        shop_id_of=directory.shop_id_of,
        remembers=lambda platform, domain: secrets.fresh and directory.remembers(platform, domain),
        keep=keep,
        now=runtime.now,
        count=runtime.metrics.heard,
        topics=runtime.manifest.shopify.topics,
        magento_topics=frozenset({*runtime.manifest.magento.events, *MAGENTO_TEMPLATES}),
        sender_of=_Senders(runtime).sender_of,
        adobe_key=AdobeKeys(runtime.lines[ADOBE], monotonic=time.monotonic),
        log=_tell,
    )


def _google(runtime: Runtime) -> GoogleTokens:
    return GoogleTokens(
        line=runtime.lines["google"], audience=runtime.config.public_url.rstrip("/") + pubsub.ADDRESS,
        account=runtime.config.pubsub_account, now=runtime.now, monotonic=time.monotonic,
    )  # fmt: skip


def _tell(outcome: str, topic: str, domain: str) -> None:
    """What somebody who holds a secret did wrong; everything else is a number in the metrics, as anybody can cause it."""
    if outcome in ALARMING:
        log.warning("a signed delivery was answered %s: topic %s, store %s", outcome, topic, domain)


class _Directory:
    """Which store is which shop, remembered for a few seconds: the door must not wait for the database each time."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.known: dict[tuple[str, str], tuple[float, int | None]] = {}

    def remembers(self, platform: str, domain: str) -> bool:
        """Whether the next answer comes from memory."""
        return time.monotonic() < self.known.get((platform, domain), (0.0, None))[0]

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


class _Senders:
    """Who may deliver at which connection's address, remembered for a few seconds; who guesses addresses costs nothing."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.known: dict[str, tuple[float, Sender | None]] = {}
        self.there: frozenset[str] = frozenset()
        self.looked = float("-inf")

    def sender_of(self, connection_id: str) -> Sender | None:
        asked = time.monotonic()
        if connection_id not in self.there and asked - self.looked >= LOOK_AGAIN_SECONDS:
            self.looked = asked
            with self.runtime.database.reading() as db:
                self.there = connections.ids(db)
        if connection_id not in self.there:
            return None
        until, sender = self.known.get(connection_id, (0.0, None))
        if asked >= until:
            sender = self.runtime.integrations.sender(connection_id)
            # one that has just been connected must be known at once
            self.known[connection_id] = (asked + REMEMBERED_SECONDS if sender and sender.shop_id else 0.0, sender)
        return sender
