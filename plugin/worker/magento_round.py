"""Asks one Magento store what is new, what was before, and who is gone; every page is kept in one transaction.

What changed is read by the time of its change, from a little before the last one seen, and asked for anew from the last
row of each page, as rows move while pages are turned. History is read by rising numbers and goes on where it was. Once a
day the last days are read again by their making, because some changes move no time.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

from sqlalchemy import Connection

from plugin.platforms.magento import reading, store
from plugin.platforms.magento.client import MagentoClient
from plugin.platforms.magento.reading import OF_CREDITMEMOS, OF_ORDERS, Kind, Page, Row
from plugin.platforms.magento.search import USUAL_PAGE
from plugin.runtime import Runtime
from plugin.usecases import import_progress, polled, take_in
from plugin.usecases.make_offers import issuer
from plugin.usecases.polled import GRACE, OVERLAP, SWEEP_BACK, Polled
from storage import aliases, connections, shops
from storage.facts import CustomerFact
from storage.shops import Shop
from webhooks.facts import Facts
from webhooks.magento.people import GUEST, People

#: pages in one go; more is left to the next
MOST_PAGES = 50
#: what a row is refused with whose store view was made since we last looked
UNKNOWN_VIEW = "store_id"
log = logging.getLogger("regulars.worker")


class Round:
    """One store, asked by one worker. Every method raises PlatformError; what was kept before stays kept."""

    def __init__(self, runtime: Runtime, shop: Shop) -> None:
        self.runtime, self.shop = runtime, shop
        self.client: MagentoClient = runtime.integrations.client(shop)
        self.people: People = runtime.integrations.people(shop)
        self.state: Polled = self._kept()
        self.looked = False

    def changes(self) -> int:
        """Orders, then credit memos, that changed since the last time; answers how many rows came."""
        return self._changed(OF_ORDERS, "orders_at") + self._changed(OF_CREDITMEMOS, "creditmemos_at")

    def sweep(self) -> int:
        """The orders of the last days once more, and who has an account still; answers how many rows came."""
        since, read = self.runtime.now() - SWEEP_BACK, 0
        for _ in range(MOST_PAGES):
            after = self.state.sweep_after or 0
            page = self._understood(partial(reading.created_since, self.client, OF_ORDERS, since, after=after))
            read += len(page.rows)
            self._keep(page, OF_ORDERS, partial(_swept, page=page))
            if not page.full:
                self._accounts()
                self._settle(lambda state: replace(state, sweep_after=None, swept_at=self.runtime.now()))
                break
        return read

    def history(self, *, pages: int = MOST_PAGES, since: datetime | None = None) -> int:
        """Some pages of what was before, by rising number; answers how many rows came. ``state.past_done`` ends it."""
        read = 0
        for kind, name in ((OF_ORDERS, "past_orders"), (OF_CREDITMEMOS, "past_creditmemos")):
            while pages > 0:
                page = self._understood(partial(_past, self.client, kind, getattr(self.state, name), since))
                pages, read = pages - 1, read + len(page.rows)
                self._keep(page, kind, partial(_further, page=page, name=name), past=True)
                if not page.full:
                    break
            else:
                return read
        self._end_history()
        return read

    def again(self) -> None:
        """Lets history begin anew: what is known already changes nothing."""
        anew: dict[str, Any] = {
            "past_done": False,
            "past_orders": 0,
            "past_creditmemos": 0,
            "past_read": 0,
            "past_total": 0,
        }
        self._settle(lambda state: replace(state, **anew))

    def _changed(self, kind: Kind, name: str) -> int:
        seen_until: datetime = getattr(self.state, name) or self.shop.installed_at
        anchor, page_number, read = seen_until - OVERLAP, 1, 0
        for _ in range(MOST_PAGES):
            read_on = partial(reading.changed_since, self.client, kind, anchor, page=page_number)
            page = self._understood(read_on)
            read += len(page.rows)
            last = page.rows[-1].updated_at if page.rows else anchor
            # a time of the store's that lies ahead must not hide what comes before it
            until = max(seen_until, min(last, self.runtime.now()))
            self._keep(page, kind, partial(_until, name=name, until=until), after=seen_until)
            if not page.full:
                break
            anchor, page_number = (last, 1) if last > anchor else (anchor, page_number + 1)
        return read

    def _understood(self, read: Callable[..., Page]) -> Page:
        """A page; read again where a store view was not known, once the views are."""
        page = read(people=self.people)
        if self.looked or not any(row.reason.startswith(UNKNOWN_VIEW) for row in page.rows):
            return page
        self.looked = True
        views = {str(view): website for view, website in store.views(self.client).items()}
        with self.runtime.database.transaction() as db:
            connections.keep_views(db, self.shop.shop_id, views)
        self.people = self.runtime.integrations.people(self.shop)
        return read(people=self.people)

    def _accounts(self) -> None:
        """Whose account the store has deleted: no event tells of it, and no order changes its time."""
        after = self.state.accounts_after or ""
        for _ in range(MOST_PAGES):
            with self.runtime.database.reading() as db:
                ids = aliases.accounts(db, self.shop.shop_id, after=after, without=GUEST, limit=USUAL_PAGE)
            asked = [one for one in ids if one.isascii() and one.isdigit()]
            gone = set(asked) - reading.accounts(self.client, asked) if asked else set()
            self._gone(gone)
            if len(ids) < USUAL_PAGE:
                after = ""
                break
            after = ids[-1]
        self._settle(lambda state: replace(state, accounts_after=after or None))

    def _gone(self, ids: set[str]) -> None:
        now = self.runtime.now()
        facts = Facts(
            customers=tuple(CustomerFact(customer_id=one, updated_at=now, deleted=True) for one in sorted(ids))
        )
        if ids:
            self.runtime.database.carry_out(lambda db: self._take_in(db, [facts]))

    def _keep(
        self,
        page: Page,
        kind: Kind,
        forward: Callable[[Polled], Polled],
        *,
        past: bool = False,
        after: datetime | None = None,
    ) -> None:
        facts = [row.facts for row in page.rows if row.facts is not None]
        refused = {f"{kind.name} {row.entity_id}": row.reason for row in page.rows if row.facts is None}
        before = self.state.lost
        understood = {f"{kind.name} {row.entity_id}" for row in page.rows if row.facts is not None}

        def write(db: Connection) -> Polled:
            if past:
                take_in.history(db, self.shop.shop_id, facts, now=self.runtime.now(), vault=self.runtime.vault)
                newer: dict[str, datetime] = {}
            else:
                newer = self._take_in(db, facts).newer
            state = forward(self._counted(self._kept_in(db), page.rows, newer, after))
            state = state.with_refused(refused, understood)
            connections.keep_polled(db, self.shop.shop_id, polled.to_document(state))
            if past:
                import_progress.tell(
                    db, self.shop.shop_id, read=state.past_read, of=state.past_total, now=self.runtime.now()
                )
            return state

        if refused:
            log.warning("shop %d: %d %s could not be understood", self.shop.shop_id, len(refused), kind.name)
        self.state = self.runtime.database.carry_out(write)
        self.runtime.metrics.found(self.state.lost - before)

    def _take_in(self, db: Connection, facts: Sequence[Facts]) -> take_in.Taken:
        by = issuer(self.runtime.vault, self.runtime.config.environment)
        return take_in.facts(db, self.shop.shop_id, facts, now=self.runtime.now(), vault=self.runtime.vault, issuer=by)

    def _counted(
        self, state: Polled, rows: Sequence[Row], newer: dict[str, datetime], after: datetime | None
    ) -> Polled:
        """What deliveries had brought already, and what they had not although there was time."""
        if after is None or not state.events:
            return state
        ripe = self.runtime.now() - GRACE
        told = {order.order_id: order.updated_at for row in rows if row.facts for order in row.facts.orders}
        lost = {one for one, at in newer.items() if at <= ripe}
        heard = {one for one, at in told.items() if after < at and one not in newer}
        return replace(
            state,
            heard=state.heard + len(heard),
            lost=state.lost + len(lost),
            lost_at=self.runtime.now() if lost else state.lost_at,
        )

    def _end_history(self) -> None:
        now = self.runtime.now()
        self._settle(lambda state: replace(state, past_done=True))
        with self.runtime.database.transaction() as db:
            import_progress.end(db, self.shop.shop_id, now=now)
            # what came is measured by the next night, which is now
            shops.plan_nightly(db, self.shop.shop_id, now)

    def _settle(self, change: Callable[[Polled], Polled]) -> None:
        def write(db: Connection) -> Polled:
            state = change(self._kept_in(db))
            connections.keep_polled(db, self.shop.shop_id, polled.to_document(state))
            return state

        self.state = self.runtime.database.carry_out(write)

    def _kept(self) -> Polled:
        with self.runtime.database.reading() as db:
            return self._kept_in(db)

    def _kept_in(self, db: Connection) -> Polled:
        found = connections.get(db, self.shop.shop_id)
        return polled.from_document({} if found is None else found.polled)


def _past(client: MagentoClient, kind: Kind, after: int, since: datetime | None, *, people: People) -> Page:
    if since is None:
        return reading.numbered_after(client, kind, after, people=people)
    return reading.created_since(client, kind, since, after=after, people=people)


def _until(state: Polled, *, name: str, until: datetime) -> Polled:
    changed: dict[str, Any] = {name: until}
    return replace(state, **changed)


def _swept(state: Polled, *, page: Page) -> Polled:
    return replace(state, sweep_after=_last(page, state.sweep_after))


def _last(page: Page, before: int | None) -> int:
    return page.rows[-1].entity_id if page.rows else before or 0


def _further(state: Polled, *, page: Page, name: str) -> Polled:
    """Another process may be reading the same past: what it was faster with is not counted twice."""
    before = getattr(state, name)
    new = sum(row.entity_id > before for row in page.rows)
    changed: dict[str, Any] = {name: max(before, _last(page, before))}
    if name == "past_orders":
        changed["past_read"] = state.past_read + new
        if new == len(page.rows):
            # what is left, and what was read before
            changed["past_total"] = max(state.past_total, state.past_read + page.total)
    return replace(state, **changed)
