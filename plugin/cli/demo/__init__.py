"""``regulars demo``: a store, the plugin and two years of real purchases, on one machine."""

from __future__ import annotations

from pathlib import Path

import click

TWO_YEARS = 730


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65534),
    default=8000,
    show_default=True,
    help="The sandbox shop takes the next one.",
)
@click.option(
    "--dir",
    "directory",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where everything is kept; regulars-demo, or regulars-demo-magento.",
)
@click.option(
    "--days",
    type=click.IntRange(1, 5000),
    default=TWO_YEARS,
    show_default=True,
    help="Days to live through, up to today.",
)
@click.option("--platform", type=click.Choice(["shopify", "magento"]), default="shopify", show_default=True)
@click.option("--exit-when-done", is_flag=True, help="Do not stay up afterwards.")
def demo(port: int, directory: Path | None, days: int, platform: str, *, exit_when_done: bool) -> None:
    """A sandbox store lives through two years of real purchases while Regulars follows; then everything stays up.

    Run again on the same folder it goes on where it was, and issues nothing twice.
    """
    from plugin.cli.demo.play import play  # noqa: PLC0415 - a sandbox store takes long to import, and no other command needs it

    folder = directory or Path("regulars-demo-magento" if platform == "magento" else "regulars-demo")
    play(platform, folder, port, days, stay=not exit_when_done)


COMMANDS = (demo,)
