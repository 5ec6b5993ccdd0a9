"""``regulars manifest``: what we declare to a store."""

from __future__ import annotations

import json

import click

from plugin import manifest as declared
from plugin.cli import context


@click.command()
@click.argument("platform", type=click.Choice(["shopify", "magento"]))
def manifest(platform: str) -> None:
    """Prints shopify.app.toml, or the resources that a Magento integration needs, from manifest.json."""
    known = declared.load()
    if platform == "shopify":
        click.echo(declared.shopify_app_toml(known, context.settings()), nl=False)
    else:
        click.echo(json.dumps(declared.magento_resources(known), indent=2))


COMMANDS = (manifest,)
