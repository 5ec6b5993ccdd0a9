"""``regulars import``: a store's past orders."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import TextIO

import click

from plugin.cli import context, magento_history, measuring, shopify_history
from plugin.cli.counting import counted
from plugin.cli.progress import bar
from plugin.integrations import PLATFORM as MAGENTO
from plugin.runtime import Runtime
from plugin.usecases import import_csv, import_progress
from plugin.usecases.import_csv import Row, Unreadable
from storage import orders, shops
from storage.facts import ShopFact
from storage.shops import Shop

#: orders written in one transaction
BATCH = 1_000


@click.command("import")
@click.argument("shop")
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), help="Only orders from this day on.")
@click.option("--from-csv", "file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
              help="A file with the columns order_id,customer_id,ordered_at,total,currency "
                   "(email,discount_code,refunded,lines,channel,country optional).")  # fmt: skip
def import_(shop: str, since: datetime | None, file: Path | None) -> None:
    """Reads the past orders of SHOP, from the store or from a file. Running it again changes nothing.

    Stopped half-way it goes on where it was; the worker reads on what the store has, too.
    """
    with context.opened() as built:
        if file is None:
            _from_store(built, context.shop_named(built, shop), since)
            return
        found = _in_currency(built, context.shop_named(built, shop), file)
        start = context.end_of(since.date() - timedelta(days=1), found.timezone) if since else None
        count = from_file(built, found, file, since=start)
        measured = measuring.measured(built, found, as_of=built.now())
        click.echo(_imported(count, measured, found))


def _from_store(built: Runtime, shop: Shop, since: datetime | None) -> None:
    if shop.state != "active":
        raise context.Problem(f"{shop.domain} is {shop.state}; its orders can be read once it is served again.")
    start = context.end_of(since.date() - timedelta(days=1), shop.timezone) if since else None
    reading = magento_history if shop.platform == MAGENTO else shopify_history
    count = reading.read(built, shop, since=start)
    measured = measuring.measured(built, shop, as_of=built.now())
    click.echo(_imported(count, measured, shop))


def _imported(orders_read: int, measured: int, shop: Shop) -> str:
    return f"Imported {counted(orders_read, 'order')} of {counted(measured, 'customer')} into {shop.domain}."


def from_file(built: Runtime, shop: Shop, file: Path, *, since: datetime | None = None) -> int:
    """Records the orders of a CSV file, a thousand in each transaction; answers how many."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        total = sum(1 for _ in text) - 1
    done = 0
    with file.open(encoding="utf-8-sig", newline="") as text, bar(total, "Importing orders", "orders") as progress:
        rows = _checked(text, shop)
        for batch in _portions(rows):
            kept = [row for row in batch if since is None or row.order.ordered_at > since]
            with built.database.transaction() as db:
                refunds = [row.refund for row in kept if row.refund]
                orders.record_many(db, shop.shop_id, [row.order for row in kept], refunds)
                import_progress.tell(db, shop.shop_id, read=done + len(kept), of=total, now=built.now())
            done += len(kept)
            progress.update(len(batch))
    with built.database.transaction() as db:
        import_progress.end(db, shop.shop_id, now=built.now())
    return done


def _portions(rows: Iterator[Row]) -> Iterator[list[Row]]:
    """A thousand rows at a time; before a line that cannot be read, those before it."""
    batch: list[Row] = []
    try:
        for row in rows:
            batch.append(row)
            if len(batch) == BATCH:
                yield batch
                batch = []
    except context.Problem:
        yield batch
        raise
    if batch:
        yield batch


def _checked(text: TextIO, shop: Shop) -> Iterator[Row]:
    try:
        yield from import_csv.read(text, currency=shop.currency, timezone=shop.timezone)
    except Unreadable as error:
        raise context.Problem(f"{text.name}: {error}. What came before that line is kept.") from error


def _in_currency(built: Runtime, shop: Shop, file: Path) -> Shop:
    """A shop without orders whose store has not been heard takes the file's currency."""
    with file.open(encoding="utf-8-sig", newline="") as text:
        currency = import_csv.currency_of(text)
    with built.database.transaction() as db:
        if currency and currency != shop.currency and not orders.count(db, shop.shop_id):
            fact = ShopFact(name=shop.name, currency=currency, timezone=shop.timezone, updated_at=built.now())
            shops.tell(db, shop.shop_id, fact)
        return shops.get(db, shop.shop_id)


COMMANDS = (import_,)
