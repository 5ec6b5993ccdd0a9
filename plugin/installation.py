"""A merchant lets us into their store: the proof they bring is traded for tokens, the store says who it is, and it begins.

The network first, then one transaction. One process at a time gets tokens for a store: there is one pair for each, and of
two grants at once the older one's refresh token is dead.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from plugin.platforms.line import Line
from plugin.platforms.protocol import Throttled
from plugin.platforms.shopify import tokens
from plugin.platforms.shopify.tokens import App, Credentials
from plugin.runtime import Runtime
from plugin.usecases import import_history, install
from storage import access, shops
from storage.shops import Shop

SHOPIFY = "shopify"
#: another process may be at it
TURNS, TURN_SECONDS = 50, 0.1
#: a store that shut us out and goes on doing so is not asked with every click
KNOCK_EVERY = timedelta(seconds=30)


@dataclass(slots=True)
class Installer:
    """Lets stores in. ``sleep`` waits for another process."""

    runtime: Runtime
    sleep: Callable[[float], None]
    knocked: dict[str, datetime] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def by_session(self, domain: str, session_token: str) -> None:
        """With the checked session token of the page, where the store is not connected or has shut us out.

        Raises PlatformError.
        """
        if self._may_knock(domain):
            self._let_in(domain, _exchanging(session_token), anew=False)

    def by_code(self, domain: str, code: str) -> None:
        """With the code that a merchant came back with, whatever there was before. Raises PlatformError."""
        self._let_in(domain, _redeeming(code), anew=True)

    def _let_in(self, domain: str, ask: Callable[[Line, App, str, datetime], Credentials], *, anew: bool) -> None:
        runtime = self.runtime
        with runtime.database.transaction() as db:
            shop_id = access.expect(db, platform=SHOPIFY, domain=domain, now=runtime.now())
        for _ in range(TURNS):
            with runtime.keeper.alone(shop_id, domain) as alone:
                shop = self._shop(shop_id)
                if not anew and shop.state != "uninstalled" and shop.access_trouble is None:
                    # somebody else has just done it
                    return
                if alone:
                    self._begin(shop, ask(runtime.lines[domain], runtime.app, domain, runtime.now()))
                    return
            self.sleep(TURN_SECONDS)
        raise Throttled("another process gets the token", retry_after_seconds=TURNS * TURN_SECONDS)

    def _begin(self, shop: Shop, credentials: Credentials) -> None:
        runtime = self.runtime
        info = runtime.platform_with(shop.domain, credentials, currency="USD").store_info()
        sealed = runtime.seal(shop.domain, credentials)
        with runtime.database.transaction() as db:
            if shop.state == "uninstalled":
                begun = install.begin(
                    db, platform=SHOPIFY, domain=shop.domain, info=info, sealed=sealed, now=runtime.now()
                )
                import_history.first(db, begun, now=runtime.now())
            else:
                install.again(db, shop, info=info, sealed=sealed, now=runtime.now())
        runtime.metrics.connection("installed" if shop.state == "uninstalled" else "let_in_again")

    def _shop(self, shop_id: int) -> Shop:
        with self.runtime.database.reading() as db:
            return shops.get(db, shop_id)

    def _may_knock(self, domain: str) -> bool:
        now = self.runtime.now()
        with self.lock:
            last = self.knocked.get(domain)
            if last is not None and last <= now < last + KNOCK_EVERY and self._is_shut(domain):
                return False
            self.knocked[domain] = now
            return True

    def _is_shut(self, domain: str) -> bool:
        with self.runtime.database.reading() as db:
            shop = shops.find(db, platform=SHOPIFY, domain=domain)
        return shop is not None and shop.access_trouble is not None


def _exchanging(session_token: str) -> Callable[[Line, App, str, datetime], Credentials]:
    return lambda line, app, shop, now: tokens.exchange(line, app, shop=shop, session_token=session_token, now=now)


def _redeeming(code: str) -> Callable[[Line, App, str, datetime], Credentials]:
    return lambda line, app, shop, now: tokens.redeem(line, app, shop=shop, code=code, now=now)
