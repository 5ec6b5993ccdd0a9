"""``regulars signals`` and ``regulars recompute``: what is measured."""

from __future__ import annotations

from datetime import datetime

import click

from plugin.cli import context, measuring, progress, rows
from plugin.cli.counting import counted
from plugin.usecases import list_signals


@click.command()
@click.argument("shop")
@context.as_of_option
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "parquet"]), default="jsonl", show_default=True)
def signals(shop: str, as_of: datetime | None, form: str) -> None:
    """One row per customer of SHOP (domain or number)."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        until = context.instant(built, found, as_of)
        with built.database.reading() as db, progress.stages(measuring.of_list()) as watch:
            told = list_signals.rows(db, found, as_of=until, watch=watch)
            rows.write(told, names=list_signals.FIELDS, form=form, types=list_signals.TYPES)


@click.command()
@click.argument("shop")
@context.as_of_option
def recompute(shop: str, as_of: datetime | None) -> None:
    """The nightly measurement of SHOP, now."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        count = measuring.measured(built, found, as_of=context.past_instant(built, found, as_of))
        click.echo(f"Measured {counted(count, 'customer')} of {found.domain}.")


COMMANDS = (signals, recompute)
