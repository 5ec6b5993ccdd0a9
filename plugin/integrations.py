"""The ways into Magento stores: what is kept sealed of each, who its guests are, and the client that speaks to it.

Of one random secret everything is derived that a connection needs: what the store's modules sign with, what its admin
signs launches with, what guests are recognised by. It lives as long as the shop is known, so that guests stay the same.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from plugin.platforms.line import Line
from plugin.platforms.magento.access import (
    Access,
    CloudAccess,
    CloudCredentials,
    Credentials,
    SignedAccess,
    credentials_from,
)
from plugin.platforms.magento.address import url_of
from plugin.platforms.magento.client import MagentoClient
from plugin.platforms.magento.handshake import Hello
from plugin.platforms.magento.ims import IDENTITY_SERVICE, CloudTokens
from plugin.platforms.magento.platform import MagentoPlatform
from plugin.platforms.protocol import AccessLost
from plugin.vault import Unsealable, Vault
from storage import connections, offers, shops
from storage.connections import Connection
from storage.engine import Database
from storage.shops import Shop
from webhooks.hearing import Sender
from webhooks.magento.people import People

PLATFORM = "magento"
DELIVERIES, LAUNCHES, GUESTS = "deliveries", "launches", "guests"
GONE = "the store is not connected: connect it again with regulars shops add magento"
SEALED_ELSEWHERE = (
    "what opens the store cannot be opened with the present keys: restore them, or connect the store again"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is sealed of a connection."""

    secret: str = field(repr=False)
    #: what the store posted and is not traded yet, and when
    hello: Hello | None = None
    hello_at: datetime | None = None
    #: whom Adobe's events are for; "" where none are awaited
    adobe_client_id: str = ""
    #: where the store's admin is, as its module has proved; "" while none has
    admin_origin: str = ""
    #: the one consumer key whose admin may still come in by the identity link, and until when
    welcome: str = ""
    welcome_until: datetime | None = None

    def derived(self, purpose: str) -> str:
        """64 hex digits for one purpose."""
        return hmac.digest(self.secret.encode(), purpose.encode(), hashlib.sha256).hex()


def new_connection_id() -> str:
    """What stands in the addresses that the store calls."""
    return secrets.token_hex(16)


def new_held() -> Held:
    """A connection's beginning."""
    return Held(secret=secrets.token_hex(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class Integrations:
    """What opens Magento stores, of one process."""

    database: Database
    vault: Vault
    lines: Mapping[str, Line]
    now: Callable[[], datetime]
    #: what opens stores of Adobe's cloud edition, as long as it holds
    cloud: CloudTokens

    def seal(self, domain: str, credentials: Credentials | CloudCredentials) -> bytes:
        """Credentials as they lie in the database."""
        return self.vault.seal(credentials.to_json(), about=_credentials_of(domain))

    def client(self, shop: Shop) -> MagentoClient:
        """The store's API. Raises AccessLost where nothing that is kept opens it."""
        with self.database.reading() as db:
            sealed = shops.credentials(db, shop.shop_id)
        if sealed is None:
            raise AccessLost(GONE)
        try:
            kept = credentials_from(self.vault.unseal(sealed, about=_credentials_of(shop.domain)))
        except (Unsealable, ValueError) as error:
            raise AccessLost(SEALED_ELSEWHERE) from error
        return self.client_with(kept, domain=shop.domain)

    def open_platform(self, shop: Shop) -> MagentoPlatform:
        """The store as all stores are asked. Raises AccessLost."""

        def whose(codes: Collection[str]) -> Mapping[str, str]:
            with self.database.reading() as db:
                return {code: offer.offer_id for code, offer in offers.by_codes(db, shop.shop_id, codes).items()}

        return MagentoPlatform(
            self.client(shop), people=self.people(shop), timezone=shop.timezone, whose=whose, now=self.now
        )

    def client_with(self, credentials: Credentials | CloudCredentials, *, domain: str) -> MagentoClient:
        """The API that these credentials open, of either edition."""
        return MagentoClient(self.lines[domain], access=self._access(credentials), now=self.now)

    def _access(self, credentials: Credentials | CloudCredentials) -> Access:
        if isinstance(credentials, Credentials):
            return SignedAccess(credentials, now=self.now, nonce=lambda: secrets.token_hex(16))
        line = self.lines[IDENTITY_SERVICE]
        return CloudAccess(credentials, token=lambda: self.cloud.token(line, credentials, now=self.now()))

    def people(self, shop: Shop) -> People:
        """Who its guests are. Raises AccessLost where its connection cannot be opened."""
        with self.database.reading() as db:
            found = connections.get(db, shop.shop_id)
        if found is None:
            raise AccessLost(GONE)
        return self.people_of(found, currency=shop.currency)

    def people_of(self, connection: Connection, *, currency: str) -> People:
        """Who the guests of a connection are. Raises AccessLost."""
        try:
            held = self.open(connection)
        except Unsealable as error:
            raise AccessLost(SEALED_ELSEWHERE) from error
        websites = {int(view): website for view, website in connection.views.items()}
        return People(secret=held.derived(GUESTS).encode(), websites=websites, currency=currency)

    def open(self, connection: Connection) -> Held:
        """What is sealed of a connection. Raises Unsealable."""
        told = json.loads(self.vault.unseal(connection.sealed, about=_held_of(connection.connection_id)))
        return _held(told)

    def seal_held(self, connection_id: str, held: Held) -> bytes:
        """What is sealed of a connection, as it lies in the database."""
        told = asdict(held) | {name: _text(getattr(held, name)) for name in ("hello_at", "welcome_until")}
        return self.vault.seal(json.dumps(told).encode(), about=_held_of(connection_id))

    def sender(self, connection_id: str) -> Sender | None:
        """Who may deliver at a connection's address; None where there is none."""
        with self.database.reading() as db:
            found = connections.find(db, connection_id)
            shop = None if found is None else shops.get(db, found.shop_id)
        if found is None or shop is None:
            return None
        try:
            held = self.open(found)
        except Unsealable:
            return None
        connected = found.state == connections.CONNECTED and shop.state != "uninstalled"
        return Sender(
            shop_id=shop.shop_id if connected else None,
            domain=shop.domain,
            secrets=(held.derived(DELIVERIES),),
            adobe_client_id=held.adobe_client_id,
        )

    def admin_origin(self, shop: Shop) -> str:
        """Where the store's admin is; "" where no module has proved it, or nothing is known of the store."""
        with self.database.reading() as db:
            found = connections.get(db, shop.shop_id)
        try:
            return "" if found is None else self.open(found).admin_origin
        except Unsealable:
            return ""

    def base_url(self, shop: Shop) -> str:
        """The declared address of a store."""
        return url_of(shop.domain)


def _held(told: dict[str, Any]) -> Held:
    hello = told["hello"]
    return replace(
        Held(
            secret=told["secret"],
            adobe_client_id=told["adobe_client_id"],
            admin_origin=told["admin_origin"],
            welcome=told["welcome"],
        ),
        hello=None if hello is None else Hello(**hello),
        hello_at=_moment(told["hello_at"]),
        welcome_until=_moment(told["welcome_until"]),
    )


def _text(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text).astimezone(UTC)


def _credentials_of(domain: str) -> str:
    return f"shop:{domain}:credentials"


def _held_of(connection_id: str) -> str:
    return f"connection:{connection_id}"
