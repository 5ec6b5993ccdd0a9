"""Our own server with another idea of keeping: the same settings, threads, application and checks, so only that differs.

``python -m tests.benchmarks.apps NAME PORT`` serves one of ``verify_only``, ``verify_in_application`` and
``commit_per_request``.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Callable

from flask import Flask

from plugin import runtime
from plugin.app import create_app
from plugin.cli import context
from plugin.cli.serving import listen
from plugin.collecting import collect_rarely
from plugin.gateway import Gateway
from plugin.runtime import Runtime
from plugin.wsgi import THREADS
from storage import inbox, shops
from storage.inbox import Delivery
from tests.benchmarks.deliveries import SHOP
from webhooks.door import Door
from webhooks.hearing import Ear
from webhooks.loop_keeper import LoopKeeper


class KeepsNothing(LoopKeeper):
    """Says at once that all is kept."""

    def __init__(self) -> None: ...

    async def keep(self, delivery: Delivery) -> bool:
        """Nothing waits, and nothing is packed."""
        del delivery
        return True


class VerifyOnly(Gateway):
    """Answers on the loop as soon as the signature is proved."""

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by the server once the loop is there."""
        super().__rsgi_init__(loop)
        self._waits = KeepsNothing()


def verify_only() -> Gateway:
    """Answers after the signature and keeps nothing."""
    built = runtime.build(context.settings())
    app = _app(built, lambda _delivery: True)
    door = app.wsgi_app
    collect_rarely()
    return VerifyOnly(app, door=door if isinstance(door, Door) else None, keeper=None, threads=THREADS)


def verify_in_application() -> Gateway:
    """The same without the short way before the application: every request goes through Flask."""
    app = _app(runtime.build(context.settings()), lambda _delivery: True)
    if isinstance(app.wsgi_app, Door):
        app.wsgi_app = app.wsgi_app.inner  # type: ignore[method-assign, assignment]
    return _on_threads(app)


def commit_per_request() -> Gateway:
    """Each request waits for a transaction of its own."""
    built = runtime.build(context.settings())

    def keep(delivery: Delivery) -> bool:
        with built.database.transaction() as db:
            return inbox.keep(db, [delivery])[0]

    return _on_threads(_app(built, keep))


def _on_threads(app: Flask) -> Gateway:
    collect_rarely()
    return Gateway(app, door=None, keeper=None, threads=THREADS)


def _app(built: Runtime, keep: Callable[[Delivery], bool]) -> Flask:
    with built.database.reading() as db:
        shop = shops.find(db, platform="shopify", domain=SHOP)
    if shop is None:
        raise RuntimeError("the benchmark's shop is not installed")
    ear = Ear(
        topics=built.manifest.shopify.topics,
        secrets_for=lambda _platform, _domain: built.config.shopify_secrets,
        shop_id_of=lambda _platform, domain: shop.shop_id if domain == SHOP else None,
        keep=keep,
        now=built.now,
        remembers=lambda _platform, _domain: True,
        count=lambda _outcome: None,
        log=lambda _outcome, _topic, _domain: None,
    )
    return create_app(built, ear=ear, on_first_open=lambda _domain, _token: None)


def main(name: str, port: int) -> None:
    """Serves with the settings of ``regulars serve``."""
    listen(f"tests.benchmarks.apps:{name}", host="127.0.0.1", port=port)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
