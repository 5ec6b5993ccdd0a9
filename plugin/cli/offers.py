"""``regulars offers``: what was given, to whom and why."""

from __future__ import annotations

import click

from plugin.cli import context, rows
from plugin.usecases import list_offers


@click.command()
@click.argument("shop")
@click.option("--format", "form", type=click.Choice(["jsonl", "csv"]), default="jsonl", show_default=True)
def offers(shop: str, form: str) -> None:
    """One row per offer of SHOP (domain or number)."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.reading() as db:
            rows.write(list_offers.rows(db, found), names=list_offers.FIELDS, form=form)


COMMANDS = (offers,)
