"""The settings, read from the environment once, checked, frozen."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

PREFIX = "REGULARS_"
DEFAULT_DATABASE_URL = "sqlite:///regulars.db"
SHORTEST_KEY = 32
NAMES = (
    "DATABASE_URL", "SECRET_KEYS", "PUBLIC_URL", "SHOPIFY_CLIENT_ID", "SHOPIFY_CLIENT_SECRET",
    "SHOPIFY_CLIENT_SECRET_OLD", "SHOPIFY_ORIGIN", "PUBSUB_ACCOUNT", "SMTP_URL", "LOG_FORMAT", "ALLOW_PRIVATE_HOSTS", "ENVIRONMENT",
    "PROXIES", "PAGE_SECONDS",
)  # fmt: skip
LOG_FORMATS = ("text", "json")
YES = frozenset({"1", "true", "yes", "on"})
NO = frozenset({"", "0", "false", "no", "off"})


class ConfigError(Exception):
    """A setting cannot work; the message says which one and what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings. ``secret_keys`` is empty only while a key file beside the SQLite database stands in for it."""

    database_url: str = DEFAULT_DATABASE_URL
    #: newest first
    secret_keys: tuple[str, ...] = ()
    public_url: str = ""
    shopify_client_id: str = ""
    shopify_client_secret: str = ""
    shopify_client_secret_old: str = ""
    #: where Shopify's API is; ``{shop}`` stands for the store's domain
    shopify_origin: str = "https://{shop}"
    #: the service account in whose name Google Pub/Sub pushes deliveries; "" where none does
    pubsub_account: str = ""
    smtp_url: str = ""
    log_format: str = "text"
    #: a test store on loopback needs it
    allow_private_hosts: bool = False
    #: part of every code, so that a copy for staging never collides with production
    environment: str = "production"
    #: how many proxies of ours stand before the server, each of which adds to X-Forwarded-For whom it heard
    proxies: int = 0
    #: how long a server may take over one statement of a page; nothing but pages is held to it
    page_seconds: int = 30

    @property
    def sqlite_path(self) -> Path | None:
        """The database file, or None on a server."""
        prefix = "sqlite:///"
        return Path(self.database_url.removeprefix(prefix)) if self.database_url.startswith(prefix) else None

    @property
    def key_path(self) -> Path | None:
        """Where the keys lie when REGULARS_SECRET_KEYS names none: beside the database file; None on a server."""
        return self.sqlite_path.with_suffix(".keys") if self.sqlite_path is not None else None

    @property
    def shopify_secrets(self) -> tuple[str, ...]:
        """The app's client secrets that signatures are accepted from, newest first."""
        return tuple(filter(None, (self.shopify_client_secret, self.shopify_client_secret_old)))


def from_env(environ: Mapping[str, str]) -> Config:
    """The settings out of an environment. Raises ConfigError for one that cannot work or is not known."""
    given = {name.removeprefix(PREFIX): value.strip() for name, value in environ.items() if name.startswith(PREFIX)}
    if unknown := sorted(given.keys() - set(NAMES)):
        raise ConfigError(f"{PREFIX}{unknown[0]} is not a setting; the README lists them all.")
    values: dict[str, object] = {name.lower(): value for name, value in given.items() if value}
    keys = tuple(filter(None, (key.strip() for key in given.get("SECRET_KEYS", "").split(","))))
    values["secret_keys"] = keys
    values["allow_private_hosts"] = _yes_or_no("ALLOW_PRIVATE_HOSTS", given.get("ALLOW_PRIVATE_HOSTS", ""))
    values["proxies"] = _number("PROXIES", given.get("PROXIES") or "0", least=0, most=9)
    values["page_seconds"] = _number("PAGE_SECONDS", given.get("PAGE_SECONDS") or "30", least=1, most=3600)
    config = Config(**values)  # type: ignore[arg-type]
    _check(config)
    return config


def _check(config: Config) -> None:
    _check_database(config.database_url)
    for key in config.secret_keys:
        if len(key) < SHORTEST_KEY:
            raise ConfigError(
                f"{PREFIX}SECRET_KEYS has a key under {SHORTEST_KEY} characters; make one with: openssl rand -hex 32"
            )
    if config.sqlite_path is None and not config.secret_keys:
        raise ConfigError(f"{PREFIX}SECRET_KEYS must be set on PostgreSQL; make one with: openssl rand -hex 32")
    if config.log_format not in LOG_FORMATS:
        raise ConfigError(f"{PREFIX}LOG_FORMAT must be text or json, not {config.log_format!r}.")
    if bool(config.shopify_client_id) != bool(config.shopify_client_secret):
        raise ConfigError(
            f"{PREFIX}SHOPIFY_CLIENT_ID and {PREFIX}SHOPIFY_CLIENT_SECRET belong together: set both or neither."
        )
    if not re.fullmatch(r"[a-z0-9-]{1,30}", config.environment):
        raise ConfigError(f"{PREFIX}ENVIRONMENT must be 1 to 30 of a-z, 0-9 and -, not {config.environment!r}.")
    _check_url("PUBLIC_URL", config.public_url)
    _check_url("SHOPIFY_ORIGIN", config.shopify_origin.replace("{shop}", "shop"))


def _check_database(url: str) -> None:
    if url.startswith("postgresql://"):
        raise ConfigError(f"{PREFIX}DATABASE_URL names no driver; write postgresql+psycopg://…")
    if not url.startswith(("sqlite:///", "postgresql+psycopg://")):
        raise ConfigError(f"{PREFIX}DATABASE_URL must begin with sqlite:/// or postgresql+psycopg://")


def _check_url(name: str, value: str) -> None:
    parts = urlsplit(value)
    if value and (parts.scheme not in {"http", "https"} or not parts.netloc or parts.query or parts.fragment):
        raise ConfigError(f"{PREFIX}{name} must be an address like https://regulars.example.com, not {value!r}.")


def _yes_or_no(name: str, value: str) -> bool:
    if value.lower() not in YES | NO:
        raise ConfigError(f"{PREFIX}{name} must be 1 or 0, not {value!r}.")
    return value.lower() in YES


def _number(name: str, value: str, *, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,4}", value) or not least <= int(value) <= most:
        raise ConfigError(f"{PREFIX}{name} must be a number from {least} to {most}, not {value!r}.")
    return int(value)
