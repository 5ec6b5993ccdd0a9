"""The one place where things are put together: settings, database, keys, clock, and the way to a store's API."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from threadpoolctl import threadpool_limits

from plugin.config import Config
from plugin.integrations import PLATFORM as MAGENTO
from plugin.integrations import Integrations
from plugin.manifest import Manifest, load
from plugin.metrics import Metrics
from plugin.platforms.line import Line
from plugin.platforms.protocol import Platform, PlatformError, Unauthorized
from plugin.platforms.shopify import tokens
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.platform import ShopifyPlatform
from plugin.vault import KeyFileError, Unsealable, Vault, load_or_make_keys
from storage import migrations, shops
from storage.engine import Database
from storage.shops import Shop

#: a pair that rests longer than this is renewed for its own sake; a refresh token lives 90 days
LONGEST_REST = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What every edge of the program works with. Tests build their own, with their own clock."""

    config: Config
    database: Database
    vault: Vault
    manifest: Manifest
    now: Callable[[], datetime]
    #: one line to each store, so that connections are kept
    lines: defaultdict[str, Line]
    #: one renewal of a store's token at a time
    renewing: defaultdict[str, threading.Lock] = field(default_factory=lambda: defaultdict(threading.Lock))
    #: what this process counts
    metrics: Metrics = field(default_factory=Metrics)

    @property
    def app(self) -> tokens.App:
        """Who we are to Shopify."""
        return tokens.App(
            client_id=self.config.shopify_client_id,
            client_secret=self.config.shopify_client_secret,
            origin=self.config.shopify_origin,
        )

    @property
    def integrations(self) -> Integrations:
        """What opens Magento stores."""
        return Integrations(database=self.database, vault=self.vault, lines=self.lines, now=self.now)

    def open_platform(self, shop: Shop) -> Platform:
        """The API of a store. Raises PlatformError where the token cannot be renewed."""
        if shop.platform == MAGENTO:
            return self.integrations.open_platform(shop)
        return self.platform_with(shop.domain, self._fresh_credentials(shop), currency=shop.currency)

    def platform_with(self, domain: str, credentials: tokens.Credentials, *, currency: str) -> Platform:
        """The API of a store whose credentials are at hand."""
        client = AdminClient(
            self.lines[domain],
            shop=domain,
            origin=self.config.shopify_origin,
            api_version=self.manifest.shopify.api_version,
            access_token=credentials.access_token,
        )
        return ShopifyPlatform(client, currency=currency)

    def seal(self, domain: str, credentials: tokens.Credentials) -> bytes:
        """Credentials as they lie in the database."""
        return self.vault.seal(credentials.to_json(), about=_about(domain))

    def credentials(self, shop: Shop) -> tokens.Credentials | None:
        """What opens a store's API, or None where it was never given or is gone with the uninstall.

        Raises Unauthorized where the present keys do not open it.
        """
        with self.database.reading() as db:
            sealed = shops.credentials(db, shop.shop_id)
        if sealed is None:
            return None
        try:
            return tokens.Credentials.from_json(self.vault.unseal(sealed, about=_about(shop.domain)))
        except Unsealable as error:
            # the trouble of one store, and not of the step that serves them all
            raise Unauthorized(
                "the token cannot be opened with the present keys: restore them, or open the app once from the store's admin"
            ) from error

    def keep_token_alive(self, shop: Shop) -> None:
        """Renews the token pair of a store that was not called for long, before the refresh token dies unused.

        Raises PlatformError.
        """
        kept = self.credentials(shop)
        if kept is not None and kept.expires_at is not None and kept.expires_at + LONGEST_REST < self.now():
            self._fresh_credentials(shop)

    def _fresh_credentials(self, shop: Shop) -> tokens.Credentials:
        with self.renewing[shop.domain]:
            kept = self.credentials(shop)
            if kept is not None and kept.usable(self.now()):
                return kept
            if kept is None or kept.refresh_token is None or not kept.refreshable(self.now()):
                raise Unauthorized("there is no usable token: open the app once from the store's admin")
            renewed = self._renewed(shop, kept.refresh_token)
            with self.database.transaction() as db:
                shops.keep_credentials(db, shop.shop_id, self.seal(shop.domain, renewed))
            return renewed

    def _renewed(self, shop: Shop, refresh_token: str) -> tokens.Credentials:
        try:
            renewed = tokens.refresh(
                self.lines[shop.domain], self.app, shop=shop.domain, refresh_token=refresh_token, now=self.now()
            )
        except PlatformError as error:
            self.metrics.renewed(error)
            raise
        self.metrics.renewed(None)
        return renewed


def build(config: Config, *, now: Callable[[], datetime] | None = None, metrics: Metrics | None = None) -> Runtime:
    """Opens the database and the keys that the settings name. ``metrics`` is for processes that count together.

    Raises KeyFileError.
    """
    # the fits work on small arrays: threads of the linear algebra would wait for each other longer than they work
    threadpool_limits(limits=1, user_api="blas")
    database = Database(config.database_url)
    return Runtime(
        config=config,
        database=database,
        vault=Vault(_keys(config, database)),
        manifest=load(),
        now=now or _system_clock,
        lines=defaultdict(lambda: Line(allow_private_hosts=config.allow_private_hosts, monotonic=time.monotonic)),
        metrics=metrics or Metrics(),
    )


def _keys(config: Config, database: Database) -> tuple[str, ...]:
    if config.secret_keys or config.key_path is None:
        return config.secret_keys
    if not config.key_path.exists() and _has_shops(database):
        # new keys would open no token, and derive other codes for what was offered already
        database.close()
        raise KeyFileError(f"The keys in {config.key_path} are missing: restore them from where you keep them.")
    return load_or_make_keys(config.key_path)


def _has_shops(database: Database) -> bool:
    if database.path is None or not database.path.exists() or migrations.current(database) is None:
        return False
    with database.reading() as db:
        return bool(shops.every(db))


def _system_clock() -> datetime:
    return datetime.now(UTC)


def _about(domain: str) -> str:
    return f"shop:{domain}:credentials"
