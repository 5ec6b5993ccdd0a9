"""The store's page of consent: a merchant who agrees is sent back to the app with a code. Here everybody agrees at once."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, make_response, redirect, request

from plugin.sandbox import tokens
from plugin.sandbox.store import Store


def consent_pages(store: Store) -> Blueprint:
    """``/admin/oauth/authorize`` and ``/admin/apps/<client id>``."""
    pages = Blueprint("consent", __name__)

    @pages.get("/admin/oauth/authorize")
    def authorize() -> Response:
        target, state = request.args.get("redirect_uri", ""), request.args.get("state", "")
        if request.args.get("client_id") != store.client_id or not target.startswith(f"{store.app_url}/"):
            abort(400)
        with store.transaction() as connection:
            code = tokens.issue_code(connection, now=store.now())
        return make_response(redirect(f"{target}?{urlencode(come_back(store, code=code, state=state))}"))

    @pages.get("/admin/apps/<client_id>")
    def app_in_admin(client_id: str) -> Response:
        if client_id != store.client_id:
            abort(404)
        return make_response(redirect("/admin"))

    return pages


def come_back(store: Store, *, code: str, state: str) -> dict[str, str]:
    """What the merchant's browser brings to the app, signed."""
    name = store.domain.removesuffix(".myshopify.com")
    given = {
        "code": code,
        "host": base64.b64encode(f"admin.shopify.com/store/{name}".encode()).decode().rstrip("="),
        "shop": store.domain,
        "state": state,
        "timestamp": str(int(store.now().timestamp())),
    }
    return {**given, "hmac": signature(given, store.client_secret)}


def signature(given: Mapping[str, str], client_secret: str) -> str:
    """The hex HMAC-SHA256 of the sorted parameters."""
    message = "&".join(f"{key}={value}" for key, value in sorted(given.items()))
    return hmac.new(client_secret.encode(), message.encode(), hashlib.sha256).hexdigest()
