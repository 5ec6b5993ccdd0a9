"""A merchant lets us into a Magento store: with four values that they paste, or by letting the store say hello.

The network first, then one transaction. Only the address that the merchant declared is ever called, and the way that
the store calls us by is random, so that nobody else can say hello in its name.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from plugin.integrations import DELIVERIES, Held, new_connection_id, new_held
from plugin.platforms.magento import handshake, store, subscriptions
from plugin.platforms.magento.access import CloudCredentials, Credentials
from plugin.platforms.magento.address import domain_of, same_place
from plugin.platforms.magento.answers import NotAllowed
from plugin.platforms.magento.handshake import Hello
from plugin.platforms.protocol import PlatformError, Rejected, StoreInfo
from plugin.runtime import Runtime
from plugin.usecases import connect, polled
from storage import connections, shops
from storage.connections import Connection
from storage.shops import Shop

#: how long a store may say hello
OPEN = timedelta(days=1)
#: what a store posts dies by itself after five minutes
HELLO_LIVES = timedelta(seconds=300)
#: how long whoever activated the integration may come in by its identity link
WELCOME = timedelta(minutes=5)


#: no store's address is longer
LONGEST_ADDRESS = 300


class Unwelcome(Exception):
    """What came is not what was awaited; the message says what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Awaited:
    """A store that may say hello, and the two addresses to write into its integration."""

    callback: str
    identity: str
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A store that has let us in."""

    shop: Shop
    #: resources of the integration that are not ticked
    missing: tuple[str, ...]
    #: the store has modules that tell us what happens
    events: bool


def by_values(runtime: Runtime, credentials: Credentials | CloudCredentials, *, adobe_client_id: str = "") -> Connected:
    """With the four values of a self-activated integration, or the client of a project in Adobe's cloud. Raises PlatformError; then nothing has changed."""
    domain = domain_of(credentials.base_url)
    client = runtime.integrations.client_with(credentials, domain=domain)
    info, views = store.info(client), store.views(client)
    way, held = _way(runtime, credentials.base_url)
    if adobe_client_id:
        held = replace(held, adobe_client_id=adobe_client_id)
        _keep(runtime, way, held)
    return _done(runtime, way, credentials, info, views)


def awaiting(runtime: Runtime, base_url: str) -> Awaited:
    """Lets a store say hello for a day, at addresses that nobody can guess."""
    way, _ = _way(runtime, base_url)
    until = runtime.now() + OPEN
    with runtime.database.transaction() as db:
        connections.begin(
            db, way.shop_id, connection_id=way.connection_id, base_url=base_url, sealed=way.sealed, open_until=until
        )
    root = f"{runtime.config.public_url.rstrip('/')}/auth/magento/{way.connection_id}"
    return Awaited(callback=f"{root}/callback", identity=f"{root}/identity", until=until)


def greeted(runtime: Runtime, connection_id: str, hello: Hello, *, base_url: str) -> None:
    """The store has posted its values, unsigned: they are kept, and nobody is asked yet. Raises Unwelcome."""
    way = awaited(runtime, connection_id)
    if not same_place(base_url, way.base_url):
        raise Unwelcome("what came names another store than the one that was declared")
    held = runtime.integrations.open(way)
    _keep(runtime, way, replace(held, hello=hello, hello_at=runtime.now()))


def identified(runtime: Runtime, connection_id: str, consumer_key: str) -> Connected:
    """Whoever activated the integration has come: what the store posted is traded. Raises Unwelcome or PlatformError.

    Asked again within a few minutes by the same one, it is done already.
    """
    now = runtime.now()
    if (before := _welcome(runtime, connection_id, consumer_key, now)) is not None:
        return before
    way = awaited(runtime, connection_id)
    held = runtime.integrations.open(way)
    if held.hello is None or held.hello_at is None or held.hello.consumer_key != consumer_key:
        raise Unwelcome("the store has not posted this key yet: activate the integration in its admin once more")
    if now - held.hello_at > HELLO_LIVES:
        raise Unwelcome("what the store posted has run out: activate the integration in its admin once more")
    domain = domain_of(way.base_url)
    credentials = handshake.finish(
        runtime.lines[domain], held.hello, base_url=way.base_url, now=runtime.now,
        nonce=lambda: secrets.token_hex(16),
    )  # fmt: skip
    client = runtime.integrations.client_with(credentials, domain=domain)
    info, views = store.info(client), store.views(client)
    _keep(runtime, way, replace(held, hello=None, hello_at=None, welcome=consumer_key, welcome_until=now + WELCOME))
    return _done(runtime, way, credentials, info, views)


def awaited(runtime: Runtime, connection_id: str) -> Connection:
    """The connection that may still be said hello to. Raises Unwelcome, the same for every reason."""
    with runtime.database.reading() as db:
        way = connections.find(db, connection_id)
    if way is None or way.open_until is None or way.open_until <= runtime.now():
        raise Unwelcome("nobody is awaited here: begin again with regulars shops add magento")
    return way


def known(runtime: Runtime, connection_id: str) -> tuple[Shop, Held] | None:
    """The connected shop behind an address, and what is sealed of it; None where there is none."""
    with runtime.database.reading() as db:
        way = connections.find(db, connection_id)
        shop = None if way is None else shops.get(db, way.shop_id)
    if way is None or shop is None or way.state != connections.CONNECTED or shop.state == "uninstalled":
        return None
    return shop, runtime.integrations.open(way)


def framed_by(runtime: Runtime, connection_id: str, origin: str) -> None:
    """Lets the admin at this origin frame the pages; it has proved that it holds the launch secret."""
    with runtime.database.reading() as db:
        way = connections.find(db, connection_id)
    if way is not None and (held := runtime.integrations.open(way)).admin_origin != origin:
        _keep(runtime, way, replace(held, admin_origin=origin))


def listen(runtime: Runtime, shop: Shop) -> bool:
    """Has the store's modules tell us what happens; False where it has none, or does not let us. Raises PlatformError.

    To be done again now and then: modules come, and subscriptions are switched off.
    """
    with runtime.database.reading() as db:
        way = connections.get(db, shop.shop_id)
    heard = way is not None and bool(runtime.config.public_url) and _subscribed(runtime, shop, way)
    with runtime.database.transaction() as db:
        found = connections.get(db, shop.shop_id)
        state = polled.from_document({} if found is None else found.polled)
        if state.events != heard:
            connections.keep_polled(db, shop.shop_id, polled.to_document(replace(state, events=heard)))
    return heard


def deliveries_address(runtime: Runtime, way: Connection) -> str:
    """Where the store's modules deliver to; the event's name follows."""
    return f"{runtime.config.public_url.rstrip('/')}/webhooks/magento/{way.connection_id}"


def _subscribed(runtime: Runtime, shop: Shop, way: Connection) -> bool:
    client = runtime.integrations.client(shop)
    if not store.sends_events(client):
        return False
    secret = runtime.integrations.open(way).derived(DELIVERIES)
    address = deliveries_address(runtime, way)
    try:
        subscriptions.subscribe(client, address=address, secret=secret, events=runtime.manifest.magento.events)
    except (NotAllowed, Rejected):
        # the store is asked every few minutes all the same
        return False
    return True


def _welcome(runtime: Runtime, connection_id: str, consumer_key: str, now: datetime) -> Connected | None:
    found = known(runtime, connection_id)
    if found is None or found[1].welcome != consumer_key or (found[1].welcome_until or now) <= now:
        return None
    shop = found[0]
    missing = tuple(sorted(store.PROBES.keys() - set(shop.scopes.split())))
    return Connected(shop=shop, missing=missing, events=False)


def _way(runtime: Runtime, base_url: str) -> tuple[Connection, Held]:
    """The way to the store, made where there is none yet; a connected one goes on being connected."""
    now = runtime.now()
    with runtime.database.transaction() as db:
        shop_id = connect.shop_of(db, domain=domain_of(base_url), now=now)
        way = connections.get(db, shop_id)
        if way is None:
            new = new_connection_id()
            sealed = runtime.integrations.seal_held(new, new_held())
            connections.begin(db, shop_id, connection_id=new, base_url=base_url, sealed=sealed, open_until=now)
            way = connections.get(db, shop_id)
    if way is None:
        raise LookupError("a connection that was just made is not there")
    return way, runtime.integrations.open(way)


def _keep(runtime: Runtime, way: Connection, held: Held) -> None:
    with runtime.database.transaction() as db:
        connections.seal_again(db, way.shop_id, runtime.integrations.seal_held(way.connection_id, held))


def _done(
    runtime: Runtime,
    way: Connection,
    credentials: Credentials | CloudCredentials,
    info: StoreInfo,
    views: dict[int, int],
) -> Connected:
    domain = domain_of(way.base_url)
    sealed = runtime.integrations.seal(domain, credentials)
    with runtime.database.transaction() as db:
        shop = connect.done(db, way.shop_id, domain=domain, info=info, sealed=sealed, views=views, now=runtime.now())
    try:
        events = listen(runtime, shop)
    except PlatformError:
        # polling brings everything meanwhile; the worker tries again
        events = False
    return Connected(shop=shop, missing=tuple(sorted(store.PROBES.keys() - set(info.scopes))), events=events)
