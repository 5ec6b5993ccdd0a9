"""The demo from the first curtain to the last, on either platform: the days are lived, then everything stays up."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import click

from plugin.cli.counting import counted
from plugin.cli.demo import magento, shopify, summary
from plugin.cli.demo.live import Life
from plugin.pages.launch import launch_url

BEGINNINGS = {"shopify": shopify.beginning, "magento": magento.beginning}
#: the printed link works for a day
LINK_SECONDS = 86_400


def play(platform: str, directory: Path, port: int, days: int, *, stay: bool) -> None:
    """Lives through the days, prints the summary, and stays up if asked to."""
    begun = time.monotonic()
    with BEGINNINGS[platform](directory, port) as life:
        life.live_until_today(days)
        took = counted(time.monotonic() - begun, "second")
        click.echo(f"Lived through {counted(days, 'day')} in {took}.")
        click.echo(summary.line(life.stage))
        if stay:
            _stay(life)


def _stay(life: Life) -> None:
    stage, stop = life.stage, threading.Event()
    stage.clock.let_go()
    thread = threading.Thread(target=stage.worker.run, args=(stop,), name="worker", daemon=True)
    thread.start()
    link = launch_url(stage.runtime, stage.shop(), origin=stage.app_url, lives_seconds=LINK_SECONDS)
    click.echo("")
    for line in life.show(link):
        click.echo(f"  {line}")
    click.echo("")
    click.echo(f"{stage.shop().domain} is open. Press Ctrl-C to close it.")
    try:
        while True:
            life.go_on()
            time.sleep(0.5)
    except KeyboardInterrupt:
        click.echo("Closing.")
    finally:
        stop.set()
        thread.join(20)
