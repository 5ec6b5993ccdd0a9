"""A Magento store's API on a port of this machine."""

from __future__ import annotations

from flask import Flask

from plugin.sandbox.magento.admin import admin_pages
from plugin.sandbox.magento.api import rest_api
from plugin.sandbox.magento.store import MagentoStore
from plugin.sandbox.server import RunningStore


def serve(store: MagentoStore, *, port: int = 0, host: str = "127.0.0.1") -> RunningStore:
    """Answers on a port from now on; port 0 takes a free one."""
    running = RunningStore(application(store), store.weather, host=host, port=port)
    store.base_url = f"{running.url}/"
    return running


def application(store: MagentoStore) -> Flask:
    """All addresses of a store."""
    app = Flask("plugin.sandbox.magento", static_folder=None)
    app.config.update(MAX_CONTENT_LENGTH=1024 * 1024)
    app.register_blueprint(rest_api(store))
    app.register_blueprint(admin_pages(store))
    return app
