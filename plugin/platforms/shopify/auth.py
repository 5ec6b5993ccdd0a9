"""Who opened the page: the token that Shopify's admin gives an embedded page for one minute, checked in every claim.

The shop comes from this token and from nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt

from plugin import signed_claims
from plugin.platforms.shopify.origin import is_shop_domain

LONGEST_TOKEN = 8192
LEEWAY_SECONDS = 10
HOST = re.compile(r"https://([a-z0-9.-]{1,100})(?:/[A-Za-z0-9/_-]{0,100})?")
LONGEST_CLAIM = 255
#: the last second that datetime knows, less a day for zones
LATEST = 253_402_214_400
TEXT_CLAIMS = ("iss", "dest", "aud", "sub", "jti", "sid")
TIME_CLAIMS = ("exp", "nbf", "iat")


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionClaims:
    """Who asks: a person of the staff of one store, until a moment."""

    shop_domain: str
    user_id: str
    expires_at: datetime


class BadSessionToken(Exception):
    """The token does not hold. ``reason`` is a fixed word for logs; ``stale`` asks for a fresh token, not for a refusal."""

    def __init__(self, reason: str, *, stale: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.stale = stale


def check_session_token(token: str, *, client_id: str, secrets: Sequence[str], now: datetime) -> SessionClaims:
    """The claims of a session token signed by one of the app's client secrets. Raises BadSessionToken.

    HS256 only; exp, nbf, iat, iss, dest, aud, sub, jti and sid must be there; times with ten seconds of leeway; aud is the
    app; iss and dest are the same host, and that is a Shopify store's.
    """
    if len(token) > LONGEST_TOKEN:
        raise BadSessionToken("too_long")
    claims = _signed_claims(token, secrets)
    _check_types(claims)
    if claims["aud"] != client_id:
        raise BadSessionToken("another_app")
    _check_times(claims, now.timestamp())
    return SessionClaims(
        shop_domain=_shop(claims), user_id=claims["sub"], expires_at=datetime.fromtimestamp(claims["exp"], UTC)
    )


def _signed_claims(token: str, secrets: Sequence[str]) -> dict[str, Any]:
    for secret in filter(None, secrets):
        try:
            claims = signed_claims.read(token, secret, algorithm="HS256", required=TEXT_CLAIMS + TIME_CLAIMS)
        except jwt.InvalidSignatureError:
            continue
        except jwt.MissingRequiredClaimError:
            raise BadSessionToken("claim_missing") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise BadSessionToken("not_a_token") from None
        return claims
    raise BadSessionToken("signature")


def _check_types(claims: dict[str, Any]) -> None:
    for name in TEXT_CLAIMS:
        if not isinstance(claims[name], str) or not 0 < len(claims[name]) <= LONGEST_CLAIM:
            raise BadSessionToken("claim_type")
    for name in TIME_CLAIMS:
        if type(claims[name]) is not int or not 0 <= claims[name] <= LATEST:
            raise BadSessionToken("claim_type")


def _check_times(claims: dict[str, Any], now: float) -> None:
    if now - LEEWAY_SECONDS >= claims["exp"]:
        raise BadSessionToken("expired", stale=True)
    if now + LEEWAY_SECONDS < max(claims["nbf"], claims["iat"]):
        raise BadSessionToken("not_yet", stale=True)


def _shop(claims: dict[str, Any]) -> str:
    issuer, destination = HOST.fullmatch(claims["iss"]), HOST.fullmatch(claims["dest"])
    if issuer is None or destination is None or not is_shop_domain(destination[1]):
        raise BadSessionToken("not_a_shop")
    if issuer[1] != destination[1]:
        raise BadSessionToken("two_shops")
    return destination[1]
