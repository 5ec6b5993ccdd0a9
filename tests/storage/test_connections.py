"""The ways to stores with an address of their own: found by it, kept for ever, asked by one worker at a time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from storage import connections, erasure, shops
from storage.engine import Database
from tests.storage.worlds import new_shop

NOW = datetime(2026, 3, 2, tzinfo=UTC)
HOUR = timedelta(hours=1)


def begun(db, shop_id: int, name: str = "way", sealed: bytes = b"sealed") -> None:
    connections.begin(
        db, shop_id, connection_id=name, base_url="https://shop.example", sealed=sealed, open_until=NOW + HOUR
    )


def test_a_way_is_found_by_its_address_and_outlives_everything_but_the_shop(database: Database, shop_id: int):
    """Its id and what is sealed stay when the store is awaited again, connected, and gone; erasing the shop ends it."""
    with database.transaction() as db:
        begun(db, shop_id)
        connections.connect(db, shop_id, views={"1": 1}, poll_at=NOW)
        begun(db, shop_id, "another", b"other")
        found = connections.find(db, "way")
        assert found == connections.get(db, shop_id)
        assert found is not None
        assert (found.sealed, found.state, found.open_until, found.views) == (
            b"sealed", connections.CONNECTED, NOW + HOUR, {"1": 1}
        )  # fmt: skip
        assert connections.find(db, "another") is None
        assert connections.ids(db) == {"way"}
        shops.uninstall(db, shop_id, NOW + HOUR)
        assert connections.find(db, "way") is not None
        erasure.erase_shop(db, shop_id)
        assert connections.find(db, "way") is None


def test_no_two_stores_share_an_address(database: Database, shop_id: int):
    """The database itself refuses a second way with the same id."""
    with database.transaction() as db:
        begun(db, shop_id)
    with pytest.raises(IntegrityError), database.transaction() as db:
        begun(db, new_shop(db))


def test_a_store_is_asked_by_one_worker_at_a_time(database: Database, shop_id: int):
    """Who takes a due store has it until the lease ends; then it is due again, unless the taker said when."""
    with database.transaction() as db:
        begun(db, shop_id)
        assert connections.due(db, NOW) == []
        connections.connect(db, shop_id, views={}, poll_at=NOW)
        assert connections.due(db, NOW) == [shop_id]
        assert connections.take(db, shop_id, now=NOW, until=NOW + HOUR)
        assert not connections.take(db, shop_id, now=NOW, until=NOW + HOUR)
        assert connections.due(db, NOW) == []
        assert connections.due(db, NOW + HOUR) == [shop_id]
        connections.keep_polled(db, shop_id, {"lost": 3}, due_at=NOW + 2 * HOUR)
        assert connections.due(db, NOW + HOUR) == []
        kept = connections.get(db, shop_id)
        assert kept is not None
        assert kept.polled == {"lost": 3}
        connections.close(db, shop_id)
        assert connections.due(db, NOW + 9 * HOUR) == []


def test_a_store_that_left_is_not_asked(database: Database, shop_id: int):
    """An uninstalled shop is never due; a paused one is, for it may let us in again."""
    with database.transaction() as db:
        begun(db, shop_id)
        connections.connect(db, shop_id, views={}, poll_at=NOW)
        shops.pause(db, shop_id, "a reason")
        assert connections.due(db, NOW) == [shop_id]
        shops.uninstall(db, shop_id, NOW + HOUR)
        assert connections.due(db, NOW + HOUR) == []
