"""Who pushes from Google Pub/Sub: a token that Google signed, for our address, in the name of our subscription's account.

Google's keys are fetched from its own address, kept for an hour, and not asked for more than once a minute.
Source: cloud.google.com, "Authentication for push subscriptions" (OpenID Connect, RS256).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import jwt
from jwt import PyJWK

from plugin import signed_claims
from plugin.platforms.line import Line
from plugin.platforms.protocol import PlatformError
from webhooks import decoder

KEYS = "https://www.googleapis.com/oauth2/v3/certs"
ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
KEPT_SECONDS, MISSED_SECONDS = 3600.0, 60.0
LONGEST_TOKEN = 8192
LEEWAY_SECONDS = 60
MOST_KEYS = 20
CLAIMS = ("aud", "email", "exp", "iat", "iss")


@dataclass(slots=True, kw_only=True)
class GoogleTokens:
    """``audience`` is the address that is pushed to, ``account`` the subscription's service account.

    ``monotonic`` is a clock that only runs forward, in seconds; ``keys_at`` another address in tests.
    """

    line: Line
    audience: str
    account: str
    now: Callable[[], datetime]
    monotonic: Callable[[], float]
    keys_at: str = KEYS
    kept: Mapping[str, PyJWK] = field(default_factory=dict)
    until: float = float("-inf")
    lock: threading.Lock = field(default_factory=threading.Lock)

    def proves(self, token: str) -> bool:
        """Whether Google signed it, lately, for this address and this account."""
        if not self.account or not self.audience or len(token) > LONGEST_TOKEN:
            return False
        try:
            head = jwt.get_unverified_header(token)
            key = self._key(head.get("kid"))
            if head.get("alg") != "RS256" or key is None:
                return False
            claims = signed_claims.read(token, key, algorithm="RS256", required=CLAIMS)
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            return False
        return self._holds(claims, self.now().timestamp())

    def _holds(self, claims: Mapping[str, Any], now: float) -> bool:
        times = (claims["exp"], claims["iat"])
        if not all(type(moment) is int for moment in times):
            return False
        ours = claims["aud"] == self.audience and claims["email"] == self.account and claims["iss"] in ISSUERS
        in_time = claims["iat"] - LEEWAY_SECONDS <= now < claims["exp"] + LEEWAY_SECONDS
        return ours and claims.get("email_verified") is True and in_time

    def _key(self, name: object) -> PyJWK | None:
        if not isinstance(name, str):
            return None
        with self.lock:
            if self.monotonic() >= self.until:
                fetched = self._fetch()
                self.until = self.monotonic() + (KEPT_SECONDS if fetched else MISSED_SECONDS)
                self.kept = fetched or self.kept
            elif name not in self.kept and self.until - self.monotonic() < KEPT_SECONDS - MISSED_SECONDS:
                # a key that is newer than what we know
                self.until = self.monotonic() + MISSED_SECONDS
                self.kept = self._fetch() or self.kept
            return self.kept.get(name)

    def _fetch(self) -> dict[str, PyJWK]:
        try:
            reply = self.line.send("GET", self.keys_at, headers={"Accept": "application/json"})
            listed = decoder.decode(reply.body)["keys"][:MOST_KEYS] if reply.status == 200 else []
            return {str(one["kid"]): PyJWK(one, algorithm="RS256") for one in listed if one.get("kty") == "RSA"}
        except (PlatformError, decoder.Undecodable, jwt.PyJWTError, KeyError, TypeError, AttributeError, ValueError):
            return {}
