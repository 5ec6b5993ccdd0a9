"""``regulars disclose`` and ``regulars erase``: telling a customer what is kept, and forgetting."""

from __future__ import annotations

import click

from plugin.cli import context
from plugin.cli.counting import counted
from plugin.usecases import disclose as tell
from plugin.usecases import erase as forget
from plugin.usecases import opt_out as wish
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
        click.echo(tell.as_text(told), nl=False)
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
        click.echo(f"Erased {found.domain}." if everything else f"Erased customer {customer}: {counted(gone, 'row')}.")


@click.command("opt-out")
@click.argument("shop")
@click.option("--customer", required=True, help="The store's id of the customer who wishes it.")
@click.option("--undo", is_flag=True, help="The customer may be measured again.")
def opt_out(shop: str, customer: str, *, undo: bool) -> None:
    """Stops measuring a customer of SHOP at their wish: no group, no prediction, no decision, no offer."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        try:
            with built.database.transaction() as db:
                wish.opt_out(db, shop_id=found.shop_id, customer_id=customer, unscored=not undo, now=built.now())
        except LookupError:
            raise context.Problem(f"There is no order of customer {customer} at {found.domain}.") from None
        click.echo(
            f"Customer {customer} is measured again." if undo else f"Customer {customer} is not measured any more."
        )


COMMANDS = (disclose, erase, opt_out)
