"""Reads a store's past orders while somebody watches: does the work itself, or follows the worker that is at it."""

from __future__ import annotations

import time
from contextlib import ExitStack
from datetime import datetime

import click

from plugin.cli import context
from plugin.cli.counting import counted
from plugin.cli.progress import Progress, bar
from plugin.runtime import Runtime
from plugin.usecases import import_history
from plugin.worker.history_step import Histories
from storage import imports, shops
from storage.imports import Import
from storage.shops import Shop

#: between two looks while the store or another process works
PAUSE_SECONDS = 0.5


def read(built: Runtime, shop: Shop, *, since: datetime | None) -> int:
    """Asks for the shop's past, unless the same is being read already, and waits for the end; how many orders.

    What was bought after ``since`` is read.
    """
    found = _begin(built, shop, since)
    if found.limited_to is not None:
        click.echo(limit_told(found, shop.domain), err=True)
    histories = Histories(built, shop_id=found.shop_id)
    try:
        ended = _until_ended(built, histories, found)
    finally:
        histories.close()
    if ended.state == "failed":
        raise context.Problem(f"The orders of {shop.domain} could not be read. {ended.trouble}")
    if ended.unread:
        click.echo(f"{counted(ended.unread, 'order')} could not be understood; the log names them.", err=True)
    return ended.orders_read


def limit_told(found: Import, domain: str) -> str:
    """Why a store's past does not go further back."""
    return (
        f"{domain} shows this app the orders since {found.limited_to:%Y-%m-%d} only, as it was not granted "
        f"{import_history.ALL_ORDERS}. Ask Shopify for it in the Partner Dashboard (API access), or bring older orders "
        "from a file: regulars import SHOP --from-csv FILE."
    )


def _begin(built: Runtime, shop: Shop, since: datetime | None) -> Import:
    with built.database.transaction() as db:
        known = imports.get(db, shop.shop_id)
        if known is not None and known.is_open and known.spans[-1][0] == since:
            return known
        return import_history.ask(db, shop, now=built.now(), since=since)


def _until_ended(built: Runtime, histories: Histories, found: Import) -> Import:
    with ExitStack() as stack:
        shown: Progress | None = None
        trouble, read = None, found.orders_read
        while found.is_open:
            if not histories.run():
                time.sleep(PAUSE_SECONDS)
            found = _seen(built, found)
            if found.trouble and found.trouble != trouble:
                click.echo(f"Waiting: {found.trouble}.", err=True)
            if found.state == "reading" and shown is None:
                shown = stack.enter_context(bar(found.orders_told - read, "Reading orders", "orders"))
            if shown is not None:
                shown.update(found.orders_read - read)
                read = found.orders_read
            trouble = found.trouble
        return found


def _seen(built: Runtime, found: Import) -> Import:
    with built.database.reading() as db:
        seen = imports.get(db, found.shop_id)
        shop = next((one for one in shops.every(db) if one.shop_id == found.shop_id), None)
    if shop is not None and shop.state != "active":
        reason = found.trouble if seen is None else seen.trouble
        raise context.Problem(f"{shop.domain} is {shop.state} ({reason}). The worker reads on once it is served again.")
    if seen is None or seen.asked_at != found.asked_at:
        raise context.Problem("Somebody else has begun this import anew, or the shop was erased.")
    return seen
