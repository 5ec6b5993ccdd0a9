"""``regulars shops add magento`` and ``regulars shops connection``: how a Magento store is connected, and by what it speaks."""

from __future__ import annotations

import json

import click

from plugin import connecting
from plugin.cli import context
from plugin.connecting import Connected
from plugin.integrations import DELIVERIES, LAUNCHES
from plugin.platforms.magento.access import CloudCredentials, Credentials
from plugin.platforms.magento.address import declared
from plugin.platforms.protocol import PlatformError
from plugin.runtime import Runtime
from storage import connections

THREE = ("client_id", "client_secret", "organisation")
FOUR = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


@click.command("magento")
@click.argument("url")
@click.option("--consumer-key", default="", help="The four values that the integration shows once it is activated.")
@click.option("--consumer-secret", default="")
@click.option("--access-token", default="")
@click.option("--access-token-secret", default="")
@click.option(
    "--adobe-client-id", default="", help="Where Adobe I/O Events are sent: the client that they are meant for."
)
@click.option(
    "--client-id", default="", help="Adobe Commerce as a Cloud Service: the client of a server-to-server project."
)
@click.option("--client-secret", default="")
@click.option("--organisation", default="", help="The IMS organisation that the client belongs to.")
def magento(url: str, adobe_client_id: str, **values: str) -> None:
    """Connect the Magento store at URL (https://shop.example.com).

    With the four values of a self-activated integration it is connected at once; so is a store of Adobe's cloud edition,
    at https://REGION.api.commerce.adobe.com/TENANT, with a client, its secret and the organisation. Without them two addresses are printed
    to write into the integration, and the store connects itself when the integration is activated.
    """
    cloud, given = _together(THREE, values), _together(FOUR, values)
    with context.opened() as built:
        try:
            base_url = declared(url, plain_allowed=built.config.allow_private_hosts)
        except ValueError as wrong:
            raise click.UsageError(str(wrong)) from wrong
        if given:
            _by_values(built, Credentials(base_url=base_url, **given), adobe_client_id)
        elif cloud:
            _by_values(built, CloudCredentials(base_url=base_url, **cloud), adobe_client_id)
        else:
            _await(built, base_url)


@click.command()
@click.argument("shop")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of lines.")
def connection(shop: str, *, as_json: bool) -> None:
    """Prints by which address and secrets the modules of a Magento SHOP speak to us; keep them to yourself."""
    with context.opened() as built:
        found = context.shop_named(built, shop)
        with built.database.reading() as db:
            way = connections.get(db, found.shop_id)
        if way is None:
            raise context.Problem(f"{found.domain} is no Magento store.")
        if not built.config.public_url:
            raise context.Problem("Set REGULARS_PUBLIC_URL to the address under which this server is reached.")
        held = built.integrations.open(way)
        told = {
            "connection": way.connection_id,
            "deliveries": connecting.deliveries_address(built, way),
            "deliveries_secret": held.derived(DELIVERIES),
            "launch": f"{built.config.public_url.rstrip('/')}/auth/magento/{way.connection_id}/launch",
            "launch_secret": held.derived(LAUNCHES),
        }
    if as_json:
        click.echo(json.dumps(told))
        return
    for name, value in told.items():
        click.echo(f"{name.replace('_', ' ')}: {value}")


def _together(names: tuple[str, ...], values: dict[str, str]) -> dict[str, str]:
    """These values, all of them or none."""
    given = {name: values[name] for name in names if values[name]}
    if given and len(given) < len(names):
        missing = next(name for name in names if name not in given)
        word = {3: "three", 4: "four"}[len(names)]
        raise click.UsageError(f"The {word} values belong together: --{missing.replace('_', '-')} is missing.")
    return given


def _by_values(built: Runtime, credentials: Credentials | CloudCredentials, adobe_client_id: str) -> None:
    try:
        done = connecting.by_values(built, credentials, adobe_client_id=adobe_client_id)
    except ValueError as wrong:
        raise click.UsageError(str(wrong)) from wrong
    except PlatformError as refused:
        raise context.Problem(f"{credentials.base_url} was not connected: {refused}") from refused
    tell(done)


def _await(built: Runtime, base_url: str) -> None:
    if not built.config.public_url.startswith("https://") and not built.config.allow_private_hosts:
        raise context.Problem("Set REGULARS_PUBLIC_URL to the https address under which this server is reached.")
    awaited = connecting.awaiting(built, base_url)
    click.echo("In Magento's admin, System, Extensions, Integrations, add an integration with these two addresses,")
    click.echo("tick what regulars manifest magento prints, save, and activate it:")
    click.echo(f"  Callback URL       {awaited.callback}")
    click.echo(f"  Identity link URL  {awaited.identity}")
    click.echo(f"They work until {awaited.until:%Y-%m-%d %H:%M} UTC, and for {base_url} only.")


def tell(done: Connected) -> None:
    """What has been connected, and what is still missing."""
    click.echo(f"Connected {done.shop.domain} as shop {done.shop.shop_id}.")
    if done.missing:
        click.echo(
            f"regulars: the integration may not use {', '.join(done.missing)}; tick them in System, Extensions, "
            "Integrations, and save.",
            err=True,
        )
    if done.events:
        click.echo("Its modules tell what happens as it happens; it is asked every 15 minutes besides.")
    else:
        click.echo("It is asked every 5 minutes what is new. With Mage-OS async events it would tell at once.")
