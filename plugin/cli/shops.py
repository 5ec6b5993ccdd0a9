"""``regulars shops``: the connected stores."""

from __future__ import annotations

import re

import click

from plugin.cli import context, magento
from plugin.pages.launch import launch_url
from plugin.platforms.protocol import InDoubt, NotSent, PlatformError, StoreInfo
from plugin.platforms.shopify.admin import TOKEN
from plugin.platforms.shopify.tokens import Credentials
from plugin.runtime import Runtime
from plugin.usecases import freeze, import_history, install, sweep
from plugin.usecases.forget_left import KEEP_LEFT
from storage import outbox
from storage import shops as kept_shops

SHOPIFY_DOMAIN = re.compile(r"[a-z0-9][a-z0-9-]*\.myshopify\.com")


@click.group()
def shops() -> None:
    """Connect, list, open, pause, resume, sweep and remove stores."""


@shops.group()
def add() -> None:
    """Connect a store by hand."""


@add.command()
@click.argument("domain")
@click.option("--token", required=True, help="The Admin API access token of a custom app.")
@click.option("--secret", help="The custom app's API secret key, which its webhooks are signed with.")
def shopify(domain: str, token: str, secret: str | None) -> None:
    """Connect the Shopify store DOMAIN (something.myshopify.com) with a custom app's token."""
    if not SHOPIFY_DOMAIN.fullmatch(domain):
        raise click.UsageError(f"{domain!r} is not a store's own domain; it looks like my-store.myshopify.com.")
    if not TOKEN.fullmatch(token):
        raise click.UsageError(
            "An access token is visible ASCII characters, such as shpat_ and letters; this one is not."
        )
    with context.opened() as built:
        info, trouble = _ask(built, domain, token)
        sealed = built.seal(domain, Credentials(access_token=token, scopes=info.scopes, app_secret=secret))
        with built.database.transaction() as db:
            shop = install.begin(db, platform="shopify", domain=domain, info=info, sealed=sealed, now=built.now())
            import_history.first(db, shop, now=built.now())
        click.echo(f"Connected {domain} as shop {shop.shop_id}.")
        if trouble:
            click.echo(
                f"regulars: {domain} could not be reached ({trouble}); once it can, run regulars doctor.", err=True
            )


add.add_command(magento.magento)
shops.add_command(magento.connection)


@shops.command("list")
def list_() -> None:
    """Prints every store: number, domain, platform, state."""
    with context.opened() as built, built.database.reading() as db:
        for shop in kept_shops.every(db):
            click.echo(f"{shop.shop_id}\t{shop.domain}\t{shop.platform}\t{shop.state}\t{shop.trouble or ''}".rstrip())


@shops.command()
@click.argument("shop")
@click.option("--read-only", is_flag=True, help="Who opens it can look and change nothing.")
@click.option("--locale", default="", help="The language of the pages, like zh.")
@click.option("--minutes", type=click.IntRange(1, 60), default=5, show_default=True, help="How long it can be opened.")
def link(shop: str, *, read_only: bool, locale: str, minutes: int) -> None:
    """Prints a link that opens the pages of SHOP once, without the store's admin around them."""
    with context.opened() as built:
        if not built.config.public_url:
            raise context.Problem("Set REGULARS_PUBLIC_URL to the address under which this server is reached.")
        found = context.shop_named(built, shop)
        opens = launch_url(
            built, found, origin=built.config.public_url, locale=locale, lives_seconds=60 * minutes, read_only=read_only
        )
        click.echo(opens)


@shops.command()
@click.argument("shop")
def pause(shop: str) -> None:
    """Nothing is offered in SHOP until it is resumed; deliveries are still kept."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.transaction() as db:
            kept_shops.pause(db, found.shop_id, "paused by hand")
        click.echo(f"Paused {found.domain}.")


@shops.command()
@click.argument("shop")
def resume(shop: str) -> None:
    """Offers in SHOP go on; confirms codes of ours that its store knows and we do not."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.transaction() as db:
            was_held = freeze.confirm(db, found, now=built.now())
        told = " Codes that are not known here have two hours to be decided again, then they are switched off."
        click.echo(f"Resumed {found.domain}.{told if was_held else ''}")


@shops.command("sweep")
@click.argument("shop")
def sweep_(shop: str) -> None:
    """Compares all discounts of SHOP with the offers kept here, as is due after a restored backup; the worker does it."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.transaction() as db:
            sweep.begin(db, found, now=built.now(), whole=True)
        click.echo(f"All discounts of {found.domain} are going to be compared with the offers here; a worker does it.")


@shops.command()
@click.argument("shop")
def remove(shop: str) -> None:
    """Ends the connection to SHOP; its data stays for 90 days, or until regulars erase SHOP --all."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.transaction() as db:
            kept_shops.uninstall(db, found.shop_id, built.now())
            outbox.give_up_all(db, found.shop_id, "the shop was removed", built.now())
        kept = f"Its data stays for {KEEP_LEFT.days} days"
        click.echo(f"Removed {found.domain}. {kept}; regulars erase {found.domain} --all forgets it now.")


def _ask(built: Runtime, domain: str, token: str) -> tuple[StoreInfo, str]:
    platform = built.platform_with(domain, Credentials(access_token=token), currency="USD")
    try:
        return platform.store_info(), ""
    except (NotSent, InDoubt) as unreachable:
        return StoreInfo(name=domain, currency="USD", timezone="UTC", scopes=()), str(unreachable)
    except PlatformError as refused:
        raise context.Problem(f"{domain} does not accept this token: {refused}") from refused


COMMANDS = (shops,)
