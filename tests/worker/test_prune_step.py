"""Raw deliveries are kept for fourteen days, whatever the clock does, and not a day longer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select

from plugin import runtime
from plugin.config import Config
from plugin.runtime import Runtime
from plugin.usecases.absorb import REFETCH
from plugin.usecases.make_offers import ISSUE
from plugin.worker.loop import Worker
from plugin.worker.prune_step import KEEP_DELIVERIES, KEEP_REFETCHED, LOOK_EVERY, PIECE, Pruning
from storage import inbox, outbox, shops
from storage.tables import inbox as table
from tests.statements import counted
from tests.worker.clock import Clock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    """At noon on the first of March."""
    return Clock(NOW)


@pytest.fixture
def built(database_url: str, clock: Clock) -> Iterator[Runtime]:
    """A running program on the test's database, with the test's clock."""
    made = runtime.build(Config(database_url=database_url, secret_keys=("k" * 32,)), now=clock.now)
    yield made
    made.database.close()


def _deliver(built: Runtime, shop_id: int, names: list[str], *, state: str) -> None:
    now = built.now()
    told = [
        inbox.Delivery(shop_id=shop_id, delivery_id=name, topic="orders/create", received_at=now, body=b"{}")
        for name in names
    ]
    with built.database.transaction() as db:
        assert all(inbox.keep(db, told))
        if state == "waiting":
            return
        rows = inbox.claim(db, now=now, limit=len(names), lease_seconds=60)
        if state == "done":
            inbox.done(db, rows, now)
        else:
            assert all(inbox.set_aside(db, row, "no order", now) for row in rows)


def _left(built: Runtime) -> list[str]:
    with built.database.reading() as db:
        return sorted(db.execute(select(table.c.delivery_id)).scalars())


def test_no_older_row_is_left_after_a_jump_of_the_clock(built: Runtime, clock: Clock, shop_id: int) -> None:
    """Ninety days later nothing that was settled is left, done or set aside; what waits was acknowledged, and stays."""
    _deliver(built, shop_id, [f"{number}" for number in range(PIECE + 7)], state="done")
    _deliver(built, shop_id, ["aside"], state="set_aside")
    _deliver(built, shop_id, ["waits"], state="waiting")
    step = Pruning(built)
    assert step.run() == 0

    clock.at += timedelta(days=90)
    assert step.run() == PIECE + 8

    assert _left(built) == ["waits"]
    with built.database.reading() as db:
        old = select(func.count()).where(table.c.settled_at < clock.at - KEEP_DELIVERIES)
        assert db.execute(old).scalar_one() == 0


def test_fourteen_days_and_not_a_moment_less(built: Runtime, clock: Clock, shop_id: int) -> None:
    """A delivery goes once more than fourteen days have passed since it was settled, and is looked for every hour."""
    _deliver(built, shop_id, ["a"], state="done")
    step = Pruning(built)
    clock.at = NOW + KEEP_DELIVERIES
    assert (step.run(), _left(built)) == (0, ["a"])

    clock.at += LOOK_EVERY - timedelta(seconds=1)
    assert (step.run(), _left(built)) == (0, ["a"])

    clock.at += timedelta(seconds=1)
    assert (step.run(), _left(built)) == (1, [])


def test_calls_that_need_no_key_any_more_go(built: Runtime, clock: Clock, shop_id: int) -> None:
    """Orders read again are forgotten after fourteen days; what waits stays, and so does each key that makes an effect once."""
    told = {f"refetch/{number}": {"order_id": str(number)} for number in range(PIECE + 3)}
    with built.database.transaction() as db:
        outbox.put_many(db, shop_id, kind=REFETCH, payloads=told, now=clock.at)
        outbox.put(db, shop_id, key="issue/1", kind=ISSUE, payload={"offer_id": "1"}, now=clock.at)
        outbox.done_many(db, outbox.claim(db, now=clock.at, limit=PIECE + 4, lease_seconds=60), clock.at)
        outbox.put(db, shop_id, key="waits", kind=REFETCH, payload={"order_id": "w"}, now=clock.at)
    step = Pruning(built)
    clock.at = NOW + KEEP_REFETCHED
    assert step.run() == 0

    clock.at += LOOK_EVERY
    assert step.run() == PIECE + 3
    with built.database.reading() as db:
        assert set(outbox.states(db, shop_id, [*told, "issue/1", "waits"])) == {"issue/1", "waits"}


def test_a_clock_that_was_wrong_keeps_nothing_for_ever(built: Runtime, clock: Clock, shop_id: int) -> None:
    """Deliveries dated into the future hold up neither those that came after them nor, in the end, themselves."""
    clock.at = NOW + timedelta(days=365)
    _deliver(built, shop_id, ["from the future"], state="done")
    clock.at = NOW
    step = Pruning(built)
    _deliver(built, shop_id, ["after"], state="done")
    step.run()

    clock.at = NOW + KEEP_DELIVERIES + timedelta(hours=2)
    assert (step.run(), _left(built)) == (1, ["from the future"])
    clock.at = NOW - timedelta(hours=1)
    assert step.run() == 0
    clock.at = NOW + timedelta(days=380)
    assert (step.run(), _left(built)) == (1, [])


def test_the_worker_prunes_what_the_manifest_promises(built: Runtime, clock: Clock, shop_id: int) -> None:
    """The declared days are those that are kept, and pruning is one of the worker's steps, with no shop to serve too."""
    declared = json.loads(Path("manifest.json").read_text(encoding="utf-8"))["privacy"]["stored"]
    assert [one["days"] for one in declared if one["what"].startswith("raw webhooks")] == [KEEP_DELIVERIES.days]
    _deliver(built, shop_id, ["aside"], state="set_aside")
    with built.database.transaction() as db:
        shops.pause(db, shop_id, None)
    clock.at += timedelta(days=KEEP_DELIVERIES.days + 1)
    worker = Worker(built)
    worker.drain()
    worker.close()
    assert _left(built) == []


def test_a_look_costs_the_old_end_only(built: Runtime, clock: Clock, shop_id: int) -> None:
    """With nothing old, one piece of the table is read however many deliveries there are."""
    _deliver(built, shop_id, [f"{number}" for number in range(3 * PIECE)], state="done")
    clock.at += timedelta(days=1)
    with built.database.reading() as db:
        seen = inbox.old(db, clock.at - KEEP_DELIVERIES, now=clock.at, after=0, limit=PIECE)
    assert seen == inbox.Old([], None)


def test_looking_in_vain_changes_nothing(built: Runtime, shop_id: int) -> None:
    """Where nothing is old the look is a reading one, so that no writer waits for it."""
    _deliver(built, shop_id, ["young"], state="done")
    with built.database.transaction() as db:
        outbox.put(db, shop_id, key="refetch/1", kind=REFETCH, payload={"order_id": "1"}, now=built.now())
    with counted() as sent:
        Pruning(built).run()
    assert sent
    assert not [one for one in sent if not one.startswith(("SELECT", "BEGIN", "PRAGMA"))]
