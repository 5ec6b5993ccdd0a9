"""Proves that Shopify (or whoever holds the app's secret) sent these bytes.

Only the body is signed: topic, shop and times in the headers are hints until the body agrees with them.
Source: shopify.dev, "Verify webhook deliveries".
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence

#: webhooks, and the events that succeed them
FAMILIES = ("x-shopify-", "shopify-")


def verify(raw: bytes, header: str | None, secrets: Sequence[str]) -> bool:
    """Whether ``header`` is the base64 HMAC-SHA256 of ``raw`` under one of the secrets (the new one and the old one).

    False for anything else a header can hold; an empty secret never fits. Takes the same time whichever byte is wrong.
    """
    if header is None or not header.isascii():
        return False
    given = header.encode("ascii")
    # every secret is tried, so that the time does not tell which one fits
    fits = [hmac.compare_digest(given, sign(raw, secret)) for secret in secrets if secret]
    return any(fits)


def sign(raw: bytes, secret: str) -> bytes:
    """The signature of ``raw`` as it stands in the header."""
    return b64encode(hmac.digest(secret.encode(), raw, hashlib.sha256))


def clear(former: str | None, latter: str | None) -> str | None:
    """What a header says that may stand in either family, None if absent or empty.

    Where both families stand and differ, there is no saying which one is meant: None. Servers join a header that came
    twice with a comma, and no value of ours has one: None too.
    """
    found, other = (former or "").strip(), (latter or "").strip()
    if found and other and found != other:
        return None
    value = found or other
    return value if value and "," not in value else None
