"""What happened in the store before the app was installed: bought there, and then imported."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from plugin.cli import history
from plugin.cli.demo.world import World
from plugin.sandbox import diary
from plugin.sandbox.history import Purchase, customer_id, customer_name


def happen(world: World, bought: Sequence[Purchase]) -> None:
    """Lets the store live through purchases that no webhook tells of. A store that has orders already is left alone."""
    told = world.store.subscriptions
    world.store.subscribe({})
    try:
        for purchase in bought:
            world.clock.set(purchase.at)
            who = customer_id(purchase.customer_number)
            if not diary.has_bought(world.store, who, purchase.at):
                diary.know(world.store, who, customer_name(purchase.customer_number), purchase.at)
                world.store.checkout(customer_id=who, total=purchase.total, at=purchase.at)
    finally:
        world.store.subscribe(told)


def become_known(world: World, directory: Path) -> None:
    """Imports those purchases, as a merchant would who brings a file."""
    path = directory / "history.csv"
    if diary.write_orders(world.store, path):
        history.from_file(world.runtime, world.shop(), path)
        world.clock.set(world.clock.now() + timedelta(minutes=1))
