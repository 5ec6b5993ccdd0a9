"""The ways into the stores: what a store said of leaving is proved, and once an hour each connection is looked after.

Looked after means: sealed under the newest key, renewed before it dies unused, asked again where it had shut, and for a
custom app subscribed to what the manifest names.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from plugin.platforms.protocol import AccessLost, PlatformError, ShopUnavailable, Unauthorized
from plugin.runtime import Runtime
from plugin.usecases import leave
from plugin.vault import Unsealable
from plugin.worker import subscribing
from plugin.worker.pace import Pace
from storage import access, shops
from storage.shops import Shop

LOOK_EVERY = timedelta(hours=1)
#: looked for this often, so that a process that starts meets the hour of each shop
GLANCE_EVERY = timedelta(minutes=5)
#: a store that cannot be asked whether it has left is asked again after a tenth of the time since, and at last believed
SHORTEST_WAIT, LONGEST_DOUBT = timedelta(seconds=5), timedelta(days=1)
SHOPIFY = "shopify"

log = logging.getLogger("regulars.worker")


class Connections:
    """The step and when it is due; a process that starts looks at once."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._pace = Pace(GLANCE_EVERY)

    def run(self) -> int:
        """Proves what is to be proved and looks after what is due; answers how many connections."""
        now = self._runtime.now()
        proved = prove(self._runtime)
        if not self._pace.due(now):
            return proved
        self._pace.looked(now)
        return proved + look_after(self._runtime)


def prove(runtime: Runtime) -> int:
    """Asks the stores that said that they removed us; answers how many were asked."""
    now = runtime.now()
    with runtime.database.reading() as db:
        said = [(shops.get(db, shop_id), at) for shop_id, at in access.to_prove(db, now)]
    for shop, at in said:
        _prove(runtime, shop, at, now)
    return len(said)


def look_after(runtime: Runtime) -> int:
    """Looks after the connections whose hour has come; answers how many."""
    with runtime.database.reading() as db:
        found = [shop for shop in shops.every(db) if _due(shop, runtime.now())]
    return sum(_look_after(runtime, shop) for shop in found)


def _due(shop: Shop, now: datetime) -> bool:
    if shop.platform != SHOPIFY or shop.state == "uninstalled":
        return False
    return shop.looked_at is None or not shop.looked_at <= now < shop.looked_at + LOOK_EVERY


def _prove(runtime: Runtime, shop: Shop, at: datetime, now: datetime) -> None:
    try:
        runtime.open_platform(shop).store_info()
    except PlatformError as error:
        if not isinstance(error, Unauthorized) and now < at + LONGEST_DOUBT:
            with runtime.database.transaction() as db:
                access.prove_later(db, shop.shop_id, now + max(SHORTEST_WAIT, (now - at) / 10))
            return
        with runtime.database.transaction() as db:
            believed = leave.believe(db, shop.shop_id, at, now=now)
        runtime.metrics.connection("uninstalled" if believed else "uninstall_late")
        return
    log.info("shop %d was said to have removed the app, and lets us in", shop.shop_id)
    runtime.metrics.connection("uninstall_refuted")
    with runtime.database.transaction() as db:
        access.stayed(db, shop.shop_id)


def _look_after(runtime: Runtime, shop: Shop) -> int:
    with runtime.database.transaction() as db:
        if not access.look(db, shop.shop_id, now=runtime.now(), every=LOOK_EVERY):
            return 0
    try:
        if runtime.keeper.seal_again(shop):
            runtime.metrics.connection("sealed_again")
        if shop.access_trouble is not None:
            _knock(runtime, shop)
        elif runtime.keeper.rest_ended(shop):
            runtime.metrics.connection("renewed_idle")
        subscribing.look_after(runtime, shop)
    except (AccessLost, ShopUnavailable) as error:
        with runtime.database.transaction() as db:
            access.lose(db, shop.shop_id, str(error), runtime.now())
        runtime.metrics.connection("shut_out")
    except (PlatformError, Unsealable) as error:
        log.warning("the connection of shop %d could not be looked after: %s", shop.shop_id, type(error).__name__)
    return 1


def _knock(runtime: Runtime, shop: Shop) -> None:
    """A store that had shut us out is asked whether it still does. Raises PlatformError where it does."""
    credentials = runtime.credentials(shop)
    if credentials is not None and credentials.lasting:
        runtime.platform_with(shop.domain, credentials, currency=shop.currency).store_info()
    else:
        runtime.open_platform(shop).store_info()
    with runtime.database.transaction() as db:
        regained = access.regain(db, shop.shop_id)
    if regained:
        runtime.metrics.connection("let_in_again")
