"""``POST /admin/oauth/access_token``: a session token, a refresh token or a code in, an API token out."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from typing import Any

from plugin.sandbox import tokens
from plugin.sandbox.store import Store
from plugin.sandbox.tokens import Grant, TokenRefused

EXCHANGE = "urn:ietf:params:oauth:grant-type:token-exchange"
ID_TOKEN = "urn:ietf:params:oauth:token-type:id_token"  # noqa: S105 (a name)
OFFLINE = "urn:shopify:params:oauth:token-type:offline-access-token"


def grant(store: Store, given: Mapping[str, Any]) -> dict[str, Any]:
    """The answer's fields. Raises TokenRefused."""
    _check_app(store, given)
    kind = given.get("grant_type")
    if kind == EXCHANGE:
        return _told(store, _exchanged(store, given))
    if kind == "refresh_token":
        with store.transaction() as connection:
            return _told(store, tokens.refresh(connection, str(given.get("refresh_token", "")), now=store.now()))
    if "code" in given and kind is None:
        with store.transaction() as connection:
            expiring = str(given.get("expiring", "0")) == "1"
            return _told(store, tokens.redeem_code(connection, str(given["code"]), expiring=expiring, now=store.now()))
    raise TokenRefused("unsupported_grant_type", "The sandbox knows token exchange, refresh_token and codes.")


def _check_app(store: Store, given: Mapping[str, Any]) -> None:
    secret = str(given.get("client_secret", ""))
    if given.get("client_id") != store.client_id or not hmac.compare_digest(
        secret.encode(), store.client_secret.encode()
    ):
        raise TokenRefused("invalid_client", "The app's client id or secret is wrong.")


def _exchanged(store: Store, given: Mapping[str, Any]) -> Grant:
    if given.get("subject_token_type") != ID_TOKEN or given.get("requested_token_type") != OFFLINE:
        raise TokenRefused("invalid_request", "The sandbox exchanges id tokens for offline access tokens.")
    expiring = str(given.get("expiring", "0"))
    if expiring not in {"0", "1"}:
        raise TokenRefused("invalid_request", "expiring must be 0 or 1.")
    tokens.check_session_token(
        str(given.get("subject_token", "")),
        domain=store.domain,
        client_id=store.client_id,
        client_secret=store.client_secret,
        now=store.now(),
    )
    with store.transaction() as connection:
        return tokens.exchange(connection, expiring=expiring == "1", now=store.now())


def _told(store: Store, given: Grant) -> dict[str, Any]:
    told: dict[str, Any] = {"access_token": given.access_token, "scope": ",".join(store.scopes)}
    if given.refresh_token is not None:
        told |= {
            "expires_in": int(tokens.ACCESS_LIFE.total_seconds()),
            "refresh_token": given.refresh_token,
            "refresh_token_expires_in": int(tokens.REFRESH_LIFE.total_seconds()),
        }
    return told
