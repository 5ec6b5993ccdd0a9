"""The way in with a merchant's consent: out to the store with a state, back with a signed code (authorization code grant).

For stores outside of managed installation. Source: shopify.dev, "Implement authorization code grant manually".
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from urllib.parse import urlencode

from plugin.platforms.shopify.origin import address, is_shop_domain
from plugin.platforms.shopify.tokens import App

#: how far the store's clock and ours may differ, seconds
FRESH_SECONDS = 90
MOST_PARAMETERS = 30
LONGEST_VALUE = 4096
#: what we read of a query has one spelling, so that moving a border inside the signed text makes nothing that fits
FORMS: Mapping[str, re.Pattern[str]] = MappingProxyType({
    "shop": re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com"),
    "timestamp": re.compile(r"[0-9]{1,12}"),
    "hmac": re.compile(r"[0-9a-f]{64}"),
    "code": re.compile(r"[A-Za-z0-9_-]{1,200}"),
    "state": re.compile(r"[A-Za-z0-9._-]{1,2048}"),
    "host": re.compile(r"[A-Za-z0-9+/_=-]{1,400}"),
})  # fmt: skip


class BadQuery(Exception):
    """The query is not what Shopify signed for us, or not of now. ``reason`` is a fixed word for logs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def authorize_url(app: App, *, shop: str, scopes: Sequence[str], redirect_uri: str, state: str) -> str:
    """Where a merchant is asked whether the app may have these scopes. Raises ValueError for what is no store's domain."""
    asked = {"client_id": app.client_id, "scope": ",".join(scopes), "redirect_uri": redirect_uri, "state": state}
    return f"{address(app.origin, shop=shop, path='/admin/oauth/authorize')}?{urlencode(asked)}"


def home_url(app: App, *, shop: str) -> str:
    """The app in the store's admin. Built from the checked name, never from what a query says."""
    return address(app.origin, shop=shop, path=f"/admin/apps/{app.client_id}")


def checked(query: Sequence[tuple[str, str]], *, secrets: Sequence[str], now: datetime) -> dict[str, str]:
    """The parameters of a query that Shopify signed for us within the last 90 seconds. Raises BadQuery.

    Each stands once; those that we know have their form; the store's name is a store's.
    """
    given = dict(query)
    if len(given) != len(query) or len(query) > MOST_PARAMETERS:
        raise BadQuery("repeated")
    if any(len(value) > LONGEST_VALUE for value in given.values()):
        raise BadQuery("too_long")
    for name in ("shop", "timestamp", "hmac"):
        if name not in given:
            raise BadQuery("missing")
    if any(form.fullmatch(given[name]) is None for name, form in FORMS.items() if name in given):
        raise BadQuery("form")
    if not _signed(given, secrets):
        raise BadQuery("signature")
    if abs(now.timestamp() - int(given["timestamp"])) > FRESH_SECONDS or not is_shop_domain(given["shop"]):
        raise BadQuery("old")
    return given


def sign(given: Mapping[str, str], secret: str) -> str:
    """The signature of a query: HMAC-SHA256, in hex, over ``name=value`` sorted and joined by ``&``."""
    told = sorted((_name(name), _value(value)) for name, value in given.items() if name != "hmac")
    return hmac.digest(secret.encode(), "&".join(f"{name}={value}" for name, value in told).encode(), "sha256").hex()


def _signed(given: Mapping[str, str], secrets: Sequence[str]) -> bool:
    told = given["hmac"].encode()
    # every secret is tried, so that the time does not tell which one fits
    fits = [hmac.compare_digest(told, sign(given, secret).encode()) for secret in secrets if secret]
    return any(fits)


def _value(text: str) -> str:
    return text.replace("%", "%25").replace("&", "%26")


def _name(text: str) -> str:
    return _value(text).replace("=", "%3D")


def fingerprint(nonce: str) -> str:
    """What a state says of the browser's nonce, without telling it."""
    return hashlib.sha256(nonce.encode()).hexdigest()
