"""A page like the store's admin: frames the app, gives it session tokens, shows its links, messages and save bar."""

from __future__ import annotations

import base64
import hashlib
import hmac
from pathlib import Path
from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, abort, make_response, render_template, request, send_from_directory

from plugin.sandbox.store import Store

STATIC = Path(__file__).with_name("static")
START = "/app/overview"
LOCALES = ("en", "zh-CN")


def admin_pages(store: Store) -> Blueprint:
    """``/admin``, ``/admin/id_token``, ``/app-bridge.js`` and the files of all pages under ``/assets``."""
    pages = Blueprint("admin", __name__)

    @pages.get("/admin")
    def admin() -> Response:
        path, locale = request.args.get("page", START), request.args.get("locale", LOCALES[0])
        if not path.startswith("/app/") or locale not in LOCALES:
            abort(404)
        page = render_template(
            "admin.html",
            shop=store.shop,
            frame=framed(store, path, locale),
            app=_origin(store.app_url),
            locale=locale,
            locales=LOCALES,
        )
        return _harden(make_response(page), store)

    @pages.get("/admin/id_token")
    def id_token() -> Response:
        if request.headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
            abort(403)
        return _harden(Response(store.id_token(), mimetype="text/plain"), store)

    @pages.get("/app-bridge.js")
    def bridge() -> Response:
        return send_from_directory(STATIC, "app-bridge.js", mimetype="text/javascript")

    @pages.get("/assets/<name>")
    def asset(name: str) -> Response:
        return send_from_directory(STATIC, name)

    return pages


def framed(store: Store, path: str, locale: str) -> str:
    """The address of the app's page as the admin asks for it: with shop, host, a session token, and all of it signed."""
    now = store.now()
    name = store.domain.removesuffix(".myshopify.com")
    host = base64.b64encode(f"admin.shopify.com/store/{name}".encode()).decode().rstrip("=")
    given = {
        "embedded": "1",
        "host": host,
        "id_token": store.id_token(),
        "locale": locale,
        "session": hashlib.sha256(store.domain.encode()).hexdigest(),
        "shop": store.domain,
        "timestamp": str(int(now.timestamp())),
    }
    message = "&".join(f"{key}={value}" for key, value in sorted(given.items()))
    given["hmac"] = hmac.new(store.client_secret.encode(), message.encode(), hashlib.sha256).hexdigest()
    return f"{store.app_url}{path}?{urlencode(given)}"


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _harden(answer: Response, store: Store) -> Response:
    answer.headers["Content-Security-Policy"] = (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src data:; connect-src 'self'; form-action 'self';"
        f" base-uri 'none'; frame-ancestors 'none'; frame-src {_origin(store.app_url)}"
    )
    answer.headers["Referrer-Policy"] = "no-referrer"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Cache-Control"] = "no-store"
    return answer
