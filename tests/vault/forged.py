"""Writes JSON web tokens by hand, so that a test can sign what no library would."""

from __future__ import annotations

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from typing import Any


def token(claims: Any, *, key: bytes, header: dict[str, Any] | None = None, digest: Any = hashlib.sha256) -> str:
    """A token with these claims (an object, or text as it is) and a right signature over them."""
    body = claims if isinstance(claims, str) else json.dumps(claims)
    signed = f"{_part(json.dumps(header or {'alg': 'HS256', 'typ': 'JWT'}))}.{_part(body)}"
    return f"{signed}.{_plain(hmac.digest(key, signed.encode(), digest))}"


def _part(text: str) -> str:
    return _plain(text.encode())


def _plain(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()
