"""Who asks through a store's own address: the query that Shopify signs when it passes a shopper's request on (app proxy).

The signed text has no borders between its parts, so other parameters can make the same text. Only the ones we know are
taken, each once and in its one form; everything else is refused, whatever it is signed with.
Source: shopify.dev, "Authenticate app proxies".
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType

#: how far the store's clock and ours may differ, seconds
FRESH_SECONDS = 90
FORMS: Mapping[str, re.Pattern[str]] = MappingProxyType({
    "logged_in_customer_id": re.compile(r"(?:[1-9][0-9]{0,18})?"),
    "path_prefix": re.compile(r"/(?:a|apps|community|tools)/[a-z0-9][a-z0-9_-]{0,29}"),
    "shop": re.compile(r"[a-z0-9][a-z0-9-]{0,62}\.myshopify\.com"),
    "signature": re.compile(r"[0-9a-f]{64}"),
    "timestamp": re.compile(r"[0-9]{1,12}"),
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Shopper:
    """Somebody in a store's shop. ``customer_id`` says at most whose browser it is: it opens nothing by itself."""

    shop_domain: str
    customer_id: str | None


class BadProxyQuery(Exception):
    """The query is not what Shopify signed for us, or not of now. ``reason`` is a fixed word for logs."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def shopper(query: Sequence[tuple[str, str]], *, prefix: str, secrets: Sequence[str], now: datetime) -> Shopper:
    """Who asks, by the parameters of the query as they came. Raises BadProxyQuery.

    ``prefix`` is the store's path that stands for us (``/apps/regulars``).
    """
    given = dict(query)
    if len(query) != len(FORMS) or given.keys() != FORMS.keys():
        raise BadProxyQuery("parameters")
    if any(form.fullmatch(given[name]) is None for name, form in FORMS.items()):
        raise BadProxyQuery("form")
    told = given["signature"].encode()
    # every secret is tried, so that the time does not tell which one fits
    fits = [hmac.compare_digest(told, sign(given, secret).encode()) for secret in secrets if secret]
    if not any(fits):
        raise BadProxyQuery("signature")
    if given["path_prefix"] != prefix:
        raise BadProxyQuery("prefix")
    if abs(now.timestamp() - int(given["timestamp"])) > FRESH_SECONDS:
        raise BadProxyQuery("old")
    return Shopper(shop_domain=given["shop"], customer_id=given["logged_in_customer_id"] or None)


def sign(given: Mapping[str, str], secret: str) -> str:
    """The signature: HMAC-SHA256, in hex, over ``name=value`` sorted and joined by nothing."""
    told = sorted(f"{name}={value}" for name, value in given.items() if name != "signature")
    return hmac.digest(secret.encode(), "".join(told).encode(), "sha256").hex()
