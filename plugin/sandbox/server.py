"""A store's pages and API on a port of this machine, on a threaded production server."""

from __future__ import annotations

import hashlib
import hmac
from threading import Event, Thread
from typing import Any

from flask import Flask
from waitress import create_server, wasyncore

from plugin.sandbox.admin.bulk_files import bulk_files
from plugin.sandbox.admin.endpoint import admin_api
from plugin.sandbox.shop.admin import admin_pages
from plugin.sandbox.shop.consent import consent_pages
from plugin.sandbox.shop.pages import shop_pages
from plugin.sandbox.store import Store
from plugin.sandbox.weather import Weather
from plugin.sandbox.weathered import Weathered

THREADS = 16


class RunningStore:
    """A store that answers at ``url`` until it is closed."""

    def __init__(self, app: Flask, weather: Weather, *, host: str, port: int) -> None:
        self._map: dict[int, Any] = {}
        self._stopped = Event()
        self._weather = weather
        self._server = create_server(
            Weathered(app, weather),
            map=self._map,
            host=host,
            port=port,
            threads=THREADS,
            ident="sandbox",
            clear_untrusted_proxy_headers=True,
        )
        self.url = f"http://{host}:{self._server.effective_port}"
        self._thread = Thread(target=self._run, name="sandbox store", daemon=True)
        self._thread.start()

    @property
    def admin_url(self) -> str:
        """The merchant's admin with the app in it."""
        return f"{self.url}/admin"

    def close(self) -> None:
        """Stops answering; the store's file stays open."""
        self._stopped.set()
        self._weather.clear()
        self._server.pull_trigger()
        self._thread.join()
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._map)

    def _run(self) -> None:
        while not self._stopped.is_set():
            wasyncore.loop(timeout=1, map=self._map, count=1)


def serve(store: Store, *, port: int, host: str = "127.0.0.1") -> RunningStore:
    """Answers on a port from now on; port 0 takes a free one."""
    return RunningStore(application(store), store.weather, host=host, port=port)


def application(store: Store) -> Flask:
    """All addresses of a store."""
    app = Flask("plugin.sandbox", static_folder=None, template_folder="shop/templates")
    app.json.sort_keys = False  # type: ignore[attr-defined]
    app.secret_key = hmac.digest(store.client_secret.encode(), b"sandbox shop sessions", hashlib.sha256)
    app.config.update(SESSION_COOKIE_NAME="sandbox_shop", SESSION_COOKIE_SAMESITE="Lax", MAX_CONTENT_LENGTH=1024 * 1024)
    for pages in (admin_api(store), bulk_files(store), admin_pages(store), consent_pages(store), shop_pages(store)):
        app.register_blueprint(pages)
    return app
