"""``regulars report``: who came back, what they spent, and what the offers added."""

from __future__ import annotations

import json

import click

from plugin.cli import context, report_page
from plugin.usecases import report_store


@click.command()
@click.argument("shop")
@click.option("--month", help="YYYY-MM in the shop's time zone. Default: the last 365 days, all offers ever made.")
@click.option("--format", "form", type=click.Choice(["html", "json"]), default="html", show_default=True)
def report(shop: str, month: str | None, form: str) -> None:
    """The retention figures of SHOP (domain or number), and what the offers added, on standard output."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.reading() as db:
            try:
                told = report_store.report(db, found, as_of=built.now(), month=month)
            except ValueError as error:
                raise click.BadParameter(f"{error}.", param_hint="--month") from error
    if form == "json":
        click.echo(json.dumps(report_store.plain(told), ensure_ascii=False, indent=2))
    else:
        click.echo(report_page.page(told))


COMMANDS = (report,)
