"""``regulars demo``: a store, the plugin and two years of real purchases, on one machine."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from plugin.cli.demo import magento, past, summary
from plugin.cli.demo.live import Life, days_of
from plugin.cli.demo.world import DOMAIN, TIMEZONE, World, opened
from plugin.cli.progress import bar
from plugin.collecting import collect_rarely
from plugin.pages.launch import launch_url
from plugin.sandbox import diary
from plugin.sandbox.history import purchases

TWO_YEARS = 730
#: the printed link works for a day
LINK_SECONDS = 86_400


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
    if platform == "magento":
        magento.play(directory or Path("regulars-demo-magento"), port, days, stay=not exit_when_done)
        return
    directory = directory or Path("regulars-demo")
    begun = time.monotonic()
    with opened(directory, port) as world:
        _live(world, directory, days)
        click.echo(f"Lived through {days} days in {time.monotonic() - begun:.0f} seconds.")
        click.echo(summary.line(world))
        if not exit_when_done:
            _stay(world)


def _live(world: World, directory: Path, days: int) -> None:
    stop_at = datetime.now(UTC)
    bought = purchases(ends_on=world.ends_on, zone=TIMEZONE)
    span = days_of(world.ends_on, days)
    life = Life(world, bought, stop_at=stop_at)
    if diary.lived_until(world.store) is None:
        past.happen(world, [purchase for purchase in bought if life.day_of(purchase) < span[0]])
        life.wake_up(span[0])
        life.merchant.install()
        past.become_known(world, directory)
    collect_rarely()
    with bar(len(span), "Living through the days", "days") as progress:
        life.live(span, progress.update)
    world.clock.set(stop_at)


def _stay(world: World) -> None:
    world.clock.let_go()
    stop = threading.Event()
    thread = threading.Thread(target=world.worker.run, args=(stop,), name="worker", daemon=True)
    thread.start()
    link = launch_url(world.runtime, world.shop(), origin=world.app_url, lives_seconds=LINK_SECONDS)
    click.echo("")
    click.echo(f"  The merchant's page       {world.shop_url}/admin   (in the store's admin)")
    click.echo(f"                            {link}   (by itself; the link opens once)")
    click.echo(f"  The shop, as a customer   {world.shop_url}/")
    click.echo("")
    click.echo(f"{DOMAIN} is open. Press Ctrl-C to close it.")
    try:
        while True:
            world.postman.deliver()
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("Closing.")
    finally:
        stop.set()
        thread.join(20)


COMMANDS = (demo,)
