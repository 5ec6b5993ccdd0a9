"""Magento stores are asked what is new: every five minutes, every fifteen while all deliveries come, whatever else happens.

A store that does not let us in is paused with the reason, and served again once it does.
"""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from plugin import connecting
from plugin.platforms.magento import store
from plugin.platforms.protocol import PlatformError, ShopUnavailable, Throttled, Unauthorized
from plugin.runtime import Runtime
from plugin.usecases import polled
from plugin.usecases.polled import SHUT_OUT
from plugin.worker.magento_round import Round
from storage import access, connections, shops
from storage.shops import Shop

#: for so long a round is its worker's alone; who dies leaves it to the others after that
LEASE = timedelta(minutes=10)
#: pages of history in one go, so that what is new does not wait for what is old
HISTORY_PAGES = 20

log = logging.getLogger("regulars.worker")


class Polling:
    """The step. ``sweeps`` may be taken away while years are lived through in minutes."""

    def __init__(self, runtime: Runtime) -> None:
        self.runtime = runtime
        self.sweeps = True

    def run(self) -> int:
        """Asks every store that is due; answers how many were asked."""
        now = self.runtime.now()
        with self.runtime.database.reading() as db:
            due = connections.due(db, now)
        return sum(_ask(self.runtime, shop_id, now, sweeps=self.sweeps) for shop_id in due)


def _ask(runtime: Runtime, shop_id: int, now: datetime, *, sweeps: bool) -> int:
    with runtime.database.transaction() as db:
        if not connections.take(db, shop_id, now=now, until=now + LEASE):
            return 0
        shop = shops.get(db, shop_id)
    try:
        ask(runtime, shop, sweeps=sweeps)
    except PlatformError as error:
        runtime.metrics.asked(error)
        _put_off(runtime, shop, error)
    return 1


def ask(runtime: Runtime, shop: Shop, *, sweeps: bool = True) -> None:
    """One round: what changed, the daily sweep where it is due, a piece of history. Raises PlatformError."""
    asked = Round(runtime, shop)
    asked.changes()
    if sweeps and asked.state.past_done and asked.state.sweep_due(runtime.now()):
        asked.sweep()
        connecting.listen(runtime, shop)
    if not asked.state.past_done:
        asked.history(pages=HISTORY_PAGES)
    _let_in(runtime, shop, asked)
    now = runtime.now()
    with runtime.database.transaction() as db:
        found = connections.get(db, shop.shop_id)
        state = polled.from_document({} if found is None else found.polled).answered(now)
        connections.keep_polled(db, shop.shop_id, polled.to_document(state), due_at=state.next_at(now))


def _let_in(runtime: Runtime, shop: Shop, asked: Round) -> None:
    """Serves a store again that had shut us out, once it allows everything that is needed."""
    if shop.access_trouble is None or store.lacking(asked.client):
        return
    with runtime.database.transaction() as db:
        access.regain(db, shop.shop_id)
    log.info("shop %d lets us in again", shop.shop_id)


def _put_off(runtime: Runtime, shop: Shop, error: PlatformError) -> None:
    now = runtime.now()
    log.warning("shop %d could not be asked what is new: %s", shop.shop_id, error)
    with runtime.database.transaction() as db:
        found = connections.get(db, shop.shop_id)
        state = polled.from_document({} if found is None else found.polled).unanswered(str(error))
        due_at = state.next_at(now)
        if isinstance(error, Unauthorized | ShopUnavailable):
            due_at = now + SHUT_OUT
            access.lose(db, shop.shop_id, str(error), now)
        elif isinstance(error, Throttled):
            due_at = now + timedelta(seconds=error.retry_after_seconds)
        connections.keep_polled(db, shop.shop_id, polled.to_document(state), due_at=due_at)
