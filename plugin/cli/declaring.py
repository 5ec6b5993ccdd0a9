"""``regulars manifest``: what we declare to a store."""

from __future__ import annotations

from dataclasses import replace

import click

from plugin import manifest as declared
from plugin.cli import context, flow_triggers


@click.command()
@click.argument("platform", type=click.Choice(["shopify", "shopify-flow", "magento", "privacy"]))
def manifest(platform: str) -> None:
    """Prints shopify.app.toml, the triggers for Shopify Flow, a Magento integration's resources, or what is kept how long."""
    known = declared.load()
    if platform == "shopify-flow":
        click.echo(flow_triggers.toml(), nl=False)
        return
    if platform == "magento":
        click.echo(declared.magento_resources(known).rstrip())
        return
    if platform == "privacy":
        click.echo(declared.privacy(known), nl=False)
        return
    config = context.settings()
    if not config.shopify_client_id or not config.public_url:
        click.echo(
            "regulars: REGULARS_SHOPIFY_CLIENT_ID and REGULARS_PUBLIC_URL are not both set; "
            "put your own in where the file says YOUR-CLIENT-ID and regulars.example.com.",
            err=True,
        )
        config = replace(
            config,
            shopify_client_id=config.shopify_client_id or "YOUR-CLIENT-ID",
            public_url=config.public_url or "https://regulars.example.com",
        )
    try:
        click.echo(declared.shopify_app_toml(known, config), nl=False)
    except declared.ManifestError as error:
        raise click.UsageError(str(error)) from error


COMMANDS = (manifest,)
