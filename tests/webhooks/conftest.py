"""A shop that the deliveries of these tests are from."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from storage import shops
from storage.engine import Database
from tests.webhooks import bodies, door
from webhooks.keeper import Keeper


def a_shop(database: Database, domain: str = door.DOMAIN) -> int:
    """Installs a shop; its id."""
    with database.transaction() as db:
        shop = shops.install(
            db,
            platform="shopify",
            domain=domain,
            credentials=b"sealed",
            scopes="read_orders",
            now=bodies.INSTALLED,
            nightly_due_at=bodies.INSTALLED,
        )
    return shop.shop_id


@pytest.fixture
def quiet_goods(sqlite_database: Database) -> int:
    """The id of an installed shop on SQLite."""
    return a_shop(sqlite_database)


@pytest.fixture(params=["front", "application"])
def open_door(request: pytest.FixtureRequest, sqlite_database: Database, quiet_goods: int) -> Iterator[door.Door]:
    """A door before an inbox on SQLite: with the short way before the application, and without."""
    keeper = Keeper(sqlite_database)
    with door.opened(keeper.keep, shop_id=quiet_goods, front=request.param == "front") as opened:
        yield opened
    keeper.close()
