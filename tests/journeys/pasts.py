"""A store that has lived before it installs the app, and what is known of its purchases."""

from __future__ import annotations

import random
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from sqlalchemy import select

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import World, opened
from plugin.sandbox import diary
from plugin.sandbox.order_bodies import Line
from storage import imports
from storage import tables as tables_of
from storage.engine import Database
from storage.imports import Import
from tests.journeys.people import passes

BEGIN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)
EVERYTHING = ("read_all_orders",)
#: who buys in a small past; of a large one they hold a tenth, the first of them a twentieth
PEOPLE = [7_000_000_000_001 + number for number in range(9)]
#: a past of so many orders has other customers too, one for every five orders, some of whom buy much more than others
LARGE = 1_000
OTHERS = 7_100_000_000_001


@contextmanager
def past(folder: Path, *, scopes: tuple[str, ...] = EVERYTHING, bought: int = 40) -> Iterator[World]:
    """A store that has lived a while before it installs the app; nobody was told of its orders."""
    with opened(folder, free_port()) as world:
        world.store.scopes = (*world.store.scopes, *scopes)
        told = world.store.subscriptions
        world.store.subscribe({})
        live(world, bought)
        world.store.subscribe(told)
        world.clock.set(BEGIN)
        yield world


def live(world: World, bought: int) -> None:
    """Orders every three days, or every ten minutes where they are many, with shipping, two lines, refunds, cancellations, a guest; the last ones are recent."""
    step = timedelta(days=3) if bought < 100 else timedelta(minutes=10)
    world.clock.set(BEGIN - bought * step - timedelta(days=1))
    buyer = _buyers(bought)
    for number in range(bought):
        world.clock.set(world.clock.now() + step)
        who, worth = buyer(number), number % 90
        diary.know(world.store, who, "Ada Tester", world.clock.now())
        lines = [Line(title="a", price=_money(10 + worth)), Line(title="b", price=_money(5), quantity=2)]
        placed = world.store.checkout(
            customer_id=None if number % 8 == 7 else who, total=f"{20 + worth}.00", lines=lines,
            shipping="4.00" if number % 3 == 0 else "0",
        )  # fmt: skip
        if number % 5 == 1:
            world.store.refund(placed.order_id, "7.50")
        if number % 11 == 4:
            world.store.cancel(placed.order_id)


def _buyers(bought: int) -> Callable[[int], int]:
    """Who buys which order."""
    if bought < LARGE:
        return lambda number: PEOPLE[number % len(PEOPLE)]
    chance = random.Random(bought)

    def buyer(number: int) -> int:
        if number % 10 == 0:
            return PEOPLE[0] if number % 20 == 0 else PEOPLE[number // 20 % len(PEOPLE)]
        return OTHERS + int(bought / 5 * chance.random() ** 2)

    return buyer


def _money(whole: int) -> Decimal:
    return Decimal(whole).quantize(Decimal("0.01"))


def install(world: World) -> None:
    Merchant(world).install()


def state(world: World) -> Import:
    with world.runtime.database.reading() as db:
        found = imports.get(db, world.shop().shop_id)
    assert found is not None
    return found


PURCHASES = (tables_of.orders, tables_of.order_lines, tables_of.refunds, tables_of.customers)


def tables(database: Database) -> dict[str, list[Any]]:
    """All that is known of purchases."""
    with database.reading() as db:
        return {table.name: sorted(map(tuple, db.execute(select(table))), key=repr) for table in PURCHASES}


def heard_live(world: World, folder: Path) -> dict[str, list[Any]]:
    """What is known by one who heard every order of the same store as a webhook."""
    with opened(folder, free_port()) as other:
        other.clock.set(BEGIN)
        install(other)
        with world.store.transaction() as source:
            bodies = [row[0] for row in source.execute("SELECT body FROM orders ORDER BY updated_at DESC")]
        tell(other, bodies)
        return tables(other.runtime.database)


def tell(world: World, bodies: list[str]) -> None:
    """Sends these orders as webhooks."""
    path = world.store.subscriptions["orders/updated"]
    with world.store.transaction() as connection:
        connection.executemany(
            "INSERT INTO deliveries (topic, path, event_id, triggered_at, body) VALUES ('orders/updated', ?, ?, ?, ?)",
            [(path, str(place), "2026-03-02T15:00:00.000000Z", body.encode()) for place, body in enumerate(bodies)],
        )
    world.postman.deliver()
    world.worker.drain()


def until_read(world: World) -> Import:
    """The worker works, and time passes, until the import has ended."""
    for _ in range(60):
        world.worker.drain()
        _until_written()
        found = state(world)
        if not found.is_open:
            assert found.state == "done", found.trouble
            return found
        passes(world, seconds=61)
    raise AssertionError(f"still {state(world)}")


def _until_written() -> None:
    """What the store writes beside its other work takes real time, whatever its clock shows."""
    for thread in threading.enumerate():
        if thread.name == "sandbox bulk":
            thread.join()


def free_port() -> int:
    """A port whose next one is free too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
