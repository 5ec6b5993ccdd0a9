"""A store with a past installs the app: its orders are read, whatever happens meanwhile."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import World, opened
from plugin.sandbox import deliveries, diary
from plugin.sandbox.bulk import Outcome
from plugin.sandbox.order_bodies import Line
from plugin.sandbox.weather import Mishap
from plugin.usecases import import_history, import_progress
from storage import imports, orders
from storage.engine import Database
from storage.imports import Import
from tests.journeys.conftest import BEGIN, free_port
from tests.journeys.people import passes

EVERYTHING = ("read_all_orders",)


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
    """Orders every three days, with shipping, two lines, refunds, cancellations, a guest; the last ones are recent."""
    world.clock.set(BEGIN - timedelta(days=3 * bought + 1))
    for number in range(bought):
        passes(world, days=3)
        who = 7_000_000_000_001 + number % 9
        diary.know(world.store, who, "Ada Tester", world.clock.now())
        lines = [Line(title="a", price=_money(10 + number)), Line(title="b", price=_money(5), quantity=2)]
        placed = world.store.checkout(
            customer_id=None if number % 8 == 7 else who, total=f"{20 + number}.00", lines=lines,
            shipping="4.00" if number % 3 == 0 else "0",
        )  # fmt: skip
        if number % 5 == 1:
            world.store.refund(placed.order_id, "7.50")
        if number % 11 == 4:
            world.store.cancel(placed.order_id)


def _money(whole: int) -> Any:
    from decimal import Decimal

    return Decimal(whole).quantize(Decimal("0.01"))


def install(world: World) -> None:
    Merchant(world).install()


def state(world: World) -> Import:
    with world.runtime.database.reading() as db:
        found = imports.get(db, world.shop().shop_id)
    assert found is not None
    return found


PURCHASES = ("orders", "order_lines", "refunds", "customers")


def tables(database: Database) -> dict[str, list[Any]]:
    """All that is known of purchases."""
    with database.reading() as db:
        return {name: sorted(map(tuple, db.execute(text(f"SELECT * FROM {name}")))) for name in PURCHASES}


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


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The tables that every import of the store's past has to end in."""
    with past(tmp_path_factory.mktemp("lived")) as world:
        return heard_live(world, tmp_path_factory.mktemp("heard"))


def test_an_install_reads_the_past(tmp_path: Path, lived: dict[str, list[Any]]) -> None:
    """After the install the worker has read every order; the tables are those of one who heard them live, and all are measured."""
    with past(tmp_path) as world:
        install(world)
        world.worker.drain()
        found = state(world)

        assert (found.state, found.orders_read, found.unread, found.limited_to) == ("done", 40, 0, None)
        assert tables(world.runtime.database) == lived
        assert world.shop().model_as_of is not None
        with world.runtime.database.reading() as db:
            assert import_progress.progress(db, found.shop_id, now=world.clock.now()) is None
