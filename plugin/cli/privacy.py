"""``regulars disclose`` and ``regulars erase``: telling a customer what is kept, and forgetting."""

from __future__ import annotations

import json
from datetime import datetime

import click

from plugin.cli import context
from plugin.usecases import disclose as tell
from plugin.usecases import erase as forget
from plugin.usecases.list_signals import instant_text
from storage import erasure


@click.command()
@click.argument("shop")
@click.option("--customer", required=True, help="The store's id of the customer who asks.")
def disclose(shop: str, customer: str) -> None:
    """Prints as JSON everything that is kept about a customer of SHOP; a waiting request counts as answered."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.reading() as db:
            told = tell.everything(db, found.shop_id, customer, now=built.now())
        click.echo(json.dumps(told, indent=2, ensure_ascii=False, default=_plain))
        with built.database.transaction() as db:
            tell.answered(db, found.shop_id, customer, now=built.now())


@click.command()
@click.argument("shop")
@click.option("--customer", help="The store's id of the customer to forget.")
@click.option("--all", "everything", is_flag=True, help="Forget the whole shop.")
@click.option("--yes", is_flag=True, help="Do not ask.")
def erase(shop: str, customer: str | None, *, everything: bool, yes: bool) -> None:
    """Forgets a customer of SHOP, or the shop, in every table and every copy."""
    if bool(customer) == everything:
        raise click.UsageError("Say either --customer ID or --all.")
    with context.opened() as built:
        found = context.shop_named(built, shop)
        if everything and not yes:
            click.confirm(f"Forget everything about {found.domain}? This cannot be undone.", abort=True)
        with built.database.transaction() as db:
            if customer:
                gone = forget.customer(db, found.shop_id, customer, now=built.now(), vault=built.vault)
            else:
                forget.shop(db, found.shop_id)
        erasure.scrub(built.database)
        click.echo(f"Erased {found.domain}." if everything else f"Erased customer {customer}: {gone} rows.")


def _plain(value: object) -> str | None:
    return instant_text(value) if isinstance(value, datetime) else str(value)


COMMANDS = (disclose, erase)
