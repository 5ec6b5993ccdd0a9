"""``regulars signals`` and ``regulars recompute``: what is measured."""

from __future__ import annotations

from datetime import datetime

import click

from plugin.cli import context, rows
from plugin.usecases import list_signals
from plugin.worker import night_step


@click.command()
@click.argument("shop")
@context.as_of_option
@click.option("--format", "form", type=click.Choice(["jsonl", "csv", "parquet"]), default="jsonl", show_default=True)
def signals(shop: str, as_of: datetime | None, form: str) -> None:
    """One row per customer of SHOP (domain or number)."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.reading() as db:
            told = list_signals.rows(db, found, as_of=context.instant(built, found, as_of))
            rows.write(told, names=list_signals.FIELDS, form=form, types=list_signals.TYPES)


@click.command()
@click.argument("shop")
@context.as_of_option
def recompute(shop: str, as_of: datetime | None) -> None:
    """The nightly measurement of SHOP, now."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        count = night_step.measure_shop(built, found, as_of=context.past_instant(built, found, as_of))
        click.echo(f"Measured {count} customer{'' if count == 1 else 's'} of {found.domain}.")


COMMANDS = (signals, recompute)
