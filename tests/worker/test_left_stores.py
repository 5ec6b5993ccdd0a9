"""A store that left and never asked to be forgotten is forgotten after 90 days; one that comes back is not."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import datetime, timedelta

import pytest

from plugin import runtime
from plugin.config import Config
from plugin.runtime import Runtime
from plugin.usecases import erase, forget_left
from plugin.usecases.forget_left import KEEP_LEFT
from plugin.worker.prune_step import LOOK_EVERY, Pruning
from plugin.worker.scrub_step import Scrubbing
from storage import access, customers, erasure, shops
from storage.engine import Database
from storage.facts import CustomerFact
from storage.shops import Shop
from tests.conftest import INSTALLED_AT
from tests.storage.dumps import dump
from tests.storage.worlds import new_shop
from tests.worker.clock import Clock

LEFT = INSTALLED_AT + timedelta(days=30)
OVER = LEFT + KEEP_LEFT


@pytest.fixture
def clock() -> Clock:
    """At the moment at which the store leaves."""
    return Clock(LEFT)


@pytest.fixture
def built(database_url: str, shop_id: int, clock: Clock) -> Iterator[Runtime]:
    """A program whose one store has left, and whose other stays."""
    made = runtime.build(Config(database_url=database_url, secret_keys=("k" * 32,)), now=clock.now)
    with made.database.transaction() as db:
        customers.record_many(db, shop_id, [CustomerFact(customer_id="c1", updated_at=LEFT, deleted=False)])
        new_shop(db)
        assert shops.uninstall(db, shop_id, LEFT)
    yield made
    made.database.close()


def _known(database: Database) -> list[int]:
    with database.reading() as db:
        return [shop.shop_id for shop in shops.every(db)]


def _comes_back(database: Database, now: datetime) -> Shop:
    with database.transaction() as db:
        return shops.install(
            db, platform="shopify", domain="first.myshopify.com", credentials=b"new", scopes="", now=now,
            nightly_due_at=now,
        )  # fmt: skip


def test_ninety_days_and_not_a_moment_less(built: Runtime, clock: Clock, shop_id: int) -> None:
    """Then every row of it goes and the files are scrubbed; stores that stay are not touched, and coming back is coming anew."""
    step = Pruning(built)
    clock.at = OVER - timedelta(seconds=1)
    step.run()
    assert shop_id in _known(built.database)

    clock.at += LOOK_EVERY
    assert step.run() == 1
    assert built.unscrubbed.is_set()
    assert shop_id not in _known(built.database)
    assert len(_known(built.database)) == 1
    with built.database.reading() as db:
        assert not any(dump(db, shop_id).values())
    back = _comes_back(built.database, clock.at)
    assert (back.shop_id != shop_id, back.generation) == (True, 1)


def test_what_a_killed_process_left_in_the_files_goes_with_the_next(sqlite_url: str) -> None:
    """A store is forgotten, and the process ends before the files were scrubbed: the next one scrubs them, once."""
    started = runtime.build(Config(database_url=sqlite_url, secret_keys=("k" * 32,)), now=lambda: OVER)
    with started.database.transaction() as db:
        erase.shop(db, new_shop(db))
        assert erasure.unscrubbed(db)
    assert not started.unscrubbed.is_set()

    Scrubbing(started).run()
    assert not started.unscrubbed.is_set()
    with started.database.reading() as db:
        assert not erasure.unscrubbed(db)
    started.database.close()


def test_a_store_that_comes_back_in_time_keeps_everything(built: Runtime, clock: Clock, shop_id: int) -> None:
    """Between the look and the forgetting, and for ever after; and so does one that is just being let in."""
    clock.at = OVER
    with built.database.transaction() as db:
        assert forget_left.due(db, clock.at) == [shop_id]
        lease = access.lease(db, shop_id, now=clock.at, seconds=60)
        assert lease is not None
        assert not forget_left.forget(db, shop_id, now=clock.at)
        access.release(db, shop_id, lease)
    _comes_back(built.database, clock.at)
    with built.database.transaction() as db:
        assert not forget_left.forget(db, shop_id, now=clock.at)
    clock.at += 10 * KEEP_LEFT
    Pruning(built).run()
    with built.database.reading() as db:
        assert any("c1" in row for row in dump(db, shop_id)["customers"])
        assert shops.get(db, shop_id).generation == 2


def test_of_coming_back_and_forgetting_at_once_one_is_first(built: Runtime, clock: Clock, shop_id: int) -> None:
    """While a store is being let in, the forgetting waits, and finds it there."""
    clock.at = OVER

    def forget() -> bool:
        return built.database.carry_out(lambda db: forget_left.forget(db, shop_id, now=clock.at))

    with ThreadPoolExecutor(1) as other:
        with built.database.transaction() as db:
            shops.install(
                db, platform="shopify", domain="first.myshopify.com", credentials=b"new", scopes="", now=clock.at,
                nightly_due_at=clock.at,
            )  # fmt: skip
            asked = other.submit(forget)
            assert not wait([asked], timeout=0.2).done
        assert asked.result(30) is False
    assert shop_id in _known(built.database)


def test_a_farewell_that_dates_itself_back_forgets_nothing_early(built: Runtime, clock: Clock, shop_id: int) -> None:
    """The moment that a store names is not signed; it counts from when its connection was last looked after."""
    _comes_back(built.database, INSTALLED_AT)
    with built.database.transaction() as db:
        assert access.look(db, shop_id, now=LEFT, every=timedelta(hours=1))
        assert shops.uninstall(db, shop_id, INSTALLED_AT)
        assert forget_left.due(db, INSTALLED_AT + KEEP_LEFT + timedelta(hours=1)) == []
        assert forget_left.due(db, OVER) == [shop_id]
