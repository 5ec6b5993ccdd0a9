"""``/auth/shopify``: a merchant goes out to the store to agree, and comes back with a code. No page leads anywhere else.

The one cookie of Regulars lives here, for ten minutes: it binds the way back to the browser that went out, opens nothing,
and is gone afterwards.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request

from plugin.pages.launch import UsedLinks
from plugin.platforms.protocol import Unauthorized
from plugin.platforms.shopify import consent
from plugin.platforms.shopify.consent import BadQuery
from plugin.platforms.shopify.origin import is_shop_domain
from plugin.runtime import Runtime
from plugin.vault import BadToken

COOKIE = "regulars_install"
WAY = "/auth/shopify"
STATE = "shopify install"
STATE_SECONDS = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """What the way out and back needs. ``on_code`` gets the store's domain and the code that it gave."""

    runtime: Runtime
    on_code: Callable[[str, str], None]
    used: UsedLinks = field(default_factory=UsedLinks)


def blueprint(way: Way) -> Blueprint:
    """``GET /auth/shopify?shop=…`` and ``GET /auth/shopify/callback``."""
    pages = Blueprint("consenting", __name__)

    @pages.before_request
    def limit() -> None:
        if not way.runtime.config.shopify_client_id or not way.runtime.config.public_url:
            abort(404)

    pages.add_url_rule(WAY, "out", lambda: _out(way), methods=["GET"], strict_slashes=False)
    pages.add_url_rule(f"{WAY}/callback", "back", lambda: _back(way), methods=["GET"], strict_slashes=False)
    return pages


def _out(way: Way) -> Response:
    shop = request.args.get("shop", "")
    if not is_shop_domain(shop) or len(request.args.getlist("shop")) != 1:
        abort(400)
    if "hmac" in request.args:
        _checked(way)
    if request.args.get("embedded") == "1" or request.headers.get("Sec-Fetch-Dest") == "iframe":
        # a store's page of consent is not shown inside of a frame
        return make_response(render_template("leave_frame.html", address=f"{WAY}?shop={shop}", shop=shop))
    runtime, nonce = way.runtime, secrets.token_urlsafe(32)
    claims = {"jti": secrets.token_hex(8), "shop": shop, "browser": consent.fingerprint(nonce)}
    state = runtime.vault.sign(claims, purpose=STATE, lives_seconds=STATE_SECONDS, now=runtime.now())
    target = consent.authorize_url(
        runtime.app, shop=shop, scopes=runtime.manifest.shopify.scopes, redirect_uri=_home(runtime) + f"{WAY}/callback",
        state=state,
    )  # fmt: skip
    answer = make_response(redirect(target))
    secure = runtime.config.public_url.startswith("https://")
    answer.set_cookie(COOKIE, nonce, max_age=STATE_SECONDS, path=WAY, secure=secure, httponly=True, samesite="Lax")
    return answer


def _back(way: Way) -> Response:
    given = _checked(way)
    if "code" not in given or "state" not in given:
        abort(400)
    _believe(way, given["state"], shop=given["shop"])
    try:
        way.on_code(given["shop"], given["code"])
    except Unauthorized:
        abort(400)
    answer = make_response(redirect(consent.home_url(way.runtime.app, shop=given["shop"])))
    answer.delete_cookie(COOKIE, path=WAY)
    return answer


def _checked(way: Way) -> dict[str, str]:
    query = [(name, value) for name in request.args for value in request.args.getlist(name)]
    try:
        return consent.checked(query, secrets=way.runtime.config.shopify_secrets, now=way.runtime.now())
    except BadQuery:
        abort(400)


def _believe(way: Way, state: str, *, shop: str) -> None:
    """The state is ours, of this browser and this store, and has not come back before."""
    runtime = way.runtime
    try:
        claims = runtime.vault.verify(state, purpose=STATE, now=runtime.now())
    except BadToken:
        abort(400)
    browser = consent.fingerprint(request.cookies.get(COOKIE, "")).encode()
    if claims["shop"] != shop or not hmac.compare_digest(browser, str(claims["browser"]).encode()):
        abort(400)
    until = datetime.fromtimestamp(runtime.now().timestamp() + STATE_SECONDS, UTC)
    if not way.used.use(str(claims["jti"]), until=until, now=runtime.now()):
        abort(400)


def _home(runtime: Runtime) -> str:
    return runtime.config.public_url.rstrip("/")
