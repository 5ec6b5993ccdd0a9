"""The one place where things are put together: settings, database, keys, clock, and the way to a store's API."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from threadpoolctl import threadpool_limits

from plugin.config import Config
from plugin.integrations import PLATFORM as MAGENTO
from plugin.integrations import Integrations
from plugin.manifest import Manifest, load
from plugin.metrics import Metrics
from plugin.platforms.line import Line
from plugin.platforms.magento.ims import CloudTokens
from plugin.platforms.protocol import Platform
from plugin.platforms.shopify import tokens
from plugin.platforms.shopify.admin import AdminClient
from plugin.platforms.shopify.history import PastOrders
from plugin.platforms.shopify.notices import Notices
from plugin.platforms.shopify.pacing import Pace
from plugin.platforms.shopify.platform import ShopifyPlatform
from plugin.token_keeper import TokenKeeper
from plugin.vault import KeyFileError, Vault, load_or_make_keys
from storage import migrations, shops
from storage.engine import Database
from storage.shops import Shop


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
    #: how fast each store may be asked: one's bucket is nobody else's
    paces: defaultdict[str, Pace] = field(default_factory=lambda: defaultdict(Pace))
    #: what stores' answers said beside what was asked
    noticed: Notices = field(default_factory=Notices)
    #: something was erased, and its bytes may still lie in the files
    unscrubbed: threading.Event = field(default_factory=threading.Event)
    #: the database's file was found damaged
    damaged: threading.Event = field(default_factory=threading.Event)
    #: what opens Magento stores of Adobe's cloud edition
    cloud_tokens: CloudTokens = field(default_factory=CloudTokens)
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
        return Integrations(
            database=self.database, vault=self.vault, lines=self.lines, now=self.now, cloud=self.cloud_tokens
        )

    def open_platform(self, shop: Shop) -> Platform:
        """The API of a store. Raises PlatformError where the token cannot be renewed."""
        if shop.platform == MAGENTO:
            return self.integrations.open_platform(shop)
        return self.platform_with(shop.domain, self.keeper.fresh(shop), currency=shop.currency)

    def platform_with(self, domain: str, credentials: tokens.Credentials, *, currency: str) -> Platform:
        """The API of a store whose credentials are at hand."""
        return ShopifyPlatform(self.client(domain, credentials), currency=currency)

    def open_past(self, shop: Shop) -> PastOrders:
        """The past orders of a Shopify store. Raises PlatformError where the token cannot be renewed."""
        client = self.client(shop.domain, self.keeper.fresh(shop))
        return PastOrders(client, allow_private_hosts=self.config.allow_private_hosts)

    def client(self, domain: str, credentials: tokens.Credentials) -> AdminClient:
        """The Admin API of a store whose credentials are at hand, for what is no part of ``Platform``."""
        return AdminClient(
            self.lines[domain],
            shop=domain,
            origin=self.config.shopify_origin,
            api_version=self.manifest.shopify.api_version,
            access_token=credentials.access_token,
            pace=self.paces[domain],
            ticks=lambda: self.now().timestamp(),
            noticed=self.noticed,
        )

    @property
    def keeper(self) -> TokenKeeper:
        """Who keeps the stores' tokens."""
        return TokenKeeper(
            database=self.database, vault=self.vault, app=self.app, lines=self.lines, renewing=self.renewing,
            metrics=self.metrics, now=self.now,
        )  # fmt: skip

    def seal(self, domain: str, credentials: tokens.Credentials) -> bytes:
        """Credentials as they lie in the database."""
        return self.keeper.seal(domain, credentials)

    def credentials(self, shop: Shop) -> tokens.Credentials | None:
        """What opens a store's API, or None where it was never given or is gone with the uninstall.

        Raises AccessLost where the present keys do not open it.
        """
        return self.keeper.credentials(shop)


def build(config: Config, *, now: Callable[[], datetime] | None = None, metrics: Metrics | None = None) -> Runtime:
    """Opens the database and the keys that the settings name. ``metrics`` is for processes that count together.

    Raises KeyFileError.
    """
    # the fits work on small arrays: threads of the linear algebra would wait for each other longer than they work
    threadpool_limits(limits=1, user_api="blas")
    database = Database(config.database_url)
    counted = metrics or Metrics()
    return Runtime(
        config=config,
        database=database,
        vault=Vault(_keys(config, database)),
        manifest=load(),
        now=now or _system_clock,
        lines=defaultdict(lambda: Line(allow_private_hosts=config.allow_private_hosts, monotonic=time.monotonic)),
        noticed=Notices(count=counted.noticed),
        metrics=counted,
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
