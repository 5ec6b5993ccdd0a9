"""Group commit: what is answered is durable, what is not durable is not answered, and many share one commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import select, text

from storage import inbox as inbox_rows
from storage.engine import Database
from storage.inbox import Delivery
from storage.standing import Unclear
from storage.tables import inbox
from tests.webhooks import bodies
from tests.webhooks.conftest import a_shop
from tests.webhooks.troubled import Held, Lost, Slow, Wrapped
from webhooks.keeper import BOUND_BYTES, CannotKeep, Keeper


def _delivery(shop_id: int, delivery_id: str, body: bytes = b"{}") -> Delivery:
    return Delivery(
        shop_id=shop_id, delivery_id=delivery_id, topic="orders/create", received_at=bodies.RECEIVED, body=body
    )


def _ids(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.execute(select(inbox.c.delivery_id).order_by(inbox.c.delivery_id)).scalars())


@contextmanager
def _keeper(database: Database, **settings: float) -> Iterator[Keeper]:
    keeper = Keeper(database, **settings)  # type: ignore[arg-type]
    yield keeper
    keeper.close()


def test_what_is_kept_is_there(database: Database, shop_id: int) -> None:
    """When keep returns, another connection sees the row; the second time it says so."""
    with _keeper(database) as keeper:
        assert keeper.keep(_delivery(shop_id, "w-1")) is True
        assert _ids(database) == ["w-1"]
        assert keeper.keep(_delivery(shop_id, "w-1")) is False


def test_the_same_delivery_ten_times_at_once(database: Database, shop_id: int) -> None:
    """Ten threads with one delivery: one row, and exactly one is told that it is new."""
    with _keeper(database) as keeper, ThreadPoolExecutor(10) as threads:
        for round_ in range(5):
            at_once = threading.Barrier(10)

            def keep(_: int, name: str = f"w-{round_}", at_once: threading.Barrier = at_once) -> bool:
                at_once.wait()
                return keeper.keep(_delivery(shop_id, name))

            assert sorted(threads.map(keep, range(10))) == [False] * 9 + [True]

    assert _ids(database) == [f"w-{round_}" for round_ in range(5)]


@pytest.mark.parametrize(("threads", "at_least"), [(16, 4), (64, 15)])
def test_many_share_one_commit(sqlite_database: Database, threads: int, at_least: int) -> None:
    """At 16 threads 4 deliveries go into each durable commit, at 64 threads 15: a count, the same on any machine."""
    shop_id = a_shop(sqlite_database)
    number = threads * 50
    with _keeper(Slow(sqlite_database, seconds=0.002)) as keeper, ThreadPoolExecutor(threads) as at_once:
        news = list(at_once.map(lambda number: keeper.keep(_delivery(shop_id, f"w-{number:04d}")), range(number)))

    assert all(news)
    assert len(_ids(sqlite_database)) == keeper.deliveries == number
    assert keeper.deliveries / keeper.commits >= at_least


def test_one_bad_row_does_not_hurt_the_others(database: Database, shop_id: int) -> None:
    """A delivery that the database refuses fails alone; those that waited with it are kept."""
    gate = threading.Event()
    with _keeper(Held(database, gate)) as keeper, ThreadPoolExecutor(9) as threads:
        first = threads.submit(keeper.keep, _delivery(shop_id, "w-0"))
        bad = threads.submit(keeper.keep, _delivery(999_999, "of no shop"))
        good = [threads.submit(keeper.keep, _delivery(shop_id, f"w-{number}")) for number in range(1, 8)]
        gate.set()

        assert first.result()
        assert [one.result() for one in good] == [True] * 7
        with pytest.raises(CannotKeep):
            bad.result()

    assert _ids(database) == [f"w-{number}" for number in range(8)]


def test_a_full_queue_refuses_at_once(sqlite_database: Database) -> None:
    """Beyond the bound nobody waits; those inside it are kept when the writer comes to them."""
    shop_id = a_shop(sqlite_database)
    gate = threading.Event()
    held = Held(sqlite_database, gate)
    with _keeper(held, bound=3) as keeper, ThreadPoolExecutor(4) as threads:
        kept = [threads.submit(keeper.keep, _delivery(shop_id, "w-0"))]
        assert held.reached.wait(timeout=10)
        kept += [threads.submit(keeper.keep, _delivery(shop_id, f"w-{number}")) for number in range(1, 4)]
        _until(lambda: keeper.waiting == 3)

        with pytest.raises(CannotKeep, match="too many"):
            keeper.keep(_delivery(shop_id, "w-4"))
        gate.set()
        assert [one.result() for one in kept] == [True] * 4

    assert _ids(sqlite_database) == ["w-0", "w-1", "w-2", "w-3"]


def test_huge_bodies_do_not_pile_up(sqlite_database: Database) -> None:
    """What waits is bounded in bytes as well; a single body always fits."""
    shop_id = a_shop(sqlite_database)
    gate = threading.Event()
    held = Held(sqlite_database, gate)
    with _keeper(held) as keeper, ThreadPoolExecutor(2) as threads:
        kept = [threads.submit(keeper.keep, _delivery(shop_id, "w-0"))]
        assert held.reached.wait(timeout=10)
        kept.append(threads.submit(keeper.keep, _delivery(shop_id, "w-1", bytes(BOUND_BYTES + 1))))
        _until(lambda: keeper.waiting == 1)

        with pytest.raises(CannotKeep, match="too many"):
            keeper.keep(_delivery(shop_id, "w-2"))
        gate.set()
        assert [one.result() for one in kept] == [True] * 2


def test_patience_ends(sqlite_database: Database) -> None:
    """A commit that does not come in time is not acknowledged; sent again later it is kept once."""
    shop_id = a_shop(sqlite_database)
    gate = threading.Event()
    with _keeper(Held(sqlite_database, gate), patience_seconds=0.05) as keeper:
        for name in ("w-0", "w-1"):
            with pytest.raises(CannotKeep, match="in time"):
                keeper.keep(_delivery(shop_id, name))
        # the first was being committed, the second had not begun and gave its place back
        assert keeper.waiting == 0
        gate.set()

    with _keeper(sqlite_database) as keeper:
        assert [keeper.keep(_delivery(shop_id, name)) for name in ("w-0", "w-1")] == [False, True]


def test_an_unknown_commit_is_not_acknowledged(database: Database, shop_id: int) -> None:
    """The answer to COMMIT is lost after it happened: nobody is told 200, and sending again finds one row."""
    with _keeper(Lost(database, times=1)) as keeper:
        with pytest.raises(CannotKeep, match="unknown"):
            keeper.keep(_delivery(shop_id, "w-0"))

        assert keeper.keep(_delivery(shop_id, "w-0")) is False
        assert keeper.keep(_delivery(shop_id, "w-1")) is True

    assert _ids(database) == ["w-0", "w-1"]


def test_a_commit_that_is_clear_at_the_second_look(database: Database, shop_id: int) -> None:
    """The answer is lost once, and the look after it finds the delivery kept: it is acknowledged, and is one row."""

    class Torn(Wrapped):
        def at_once(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
            super().at_once(statement, values)
            raise Unclear

    with _keeper(Torn(database)) as keeper:
        assert keeper.keep(_delivery(shop_id, "w-0")) is False

    assert _ids(database) == ["w-0"]


def test_a_server_that_ended_the_connection(postgresql_database: Database) -> None:
    """The server ends every connection, as a restart does: the next delivery is kept, and so are those after it."""
    shop_id = a_shop(postgresql_database)
    with _keeper(postgresql_database) as keeper:
        for number in range(3):
            assert keeper.keep(_delivery(shop_id, f"w-{number}")) is True
            with postgresql_database.transaction() as db:
                ended = db.execute(
                    text(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()"
                    )
                ).all()
            assert ended
        assert keeper.keep(_delivery(shop_id, "w-3")) is True
    assert len(_ids(postgresql_database)) == 4


def test_the_writer_outlives_its_failures(sqlite_database: Database) -> None:
    """After any number of failed commits the next one is made."""
    shop_id = a_shop(sqlite_database)
    with _keeper(Lost(sqlite_database, times=5, before=True)) as keeper:
        for _ in range(5):
            with pytest.raises(CannotKeep):
                keeper.keep(_delivery(shop_id, "w-0"))

        assert keeper.keep(_delivery(shop_id, "w-0")) is True


def test_closing_drains(database: Database, shop_id: int) -> None:
    """What waits when the keeper is closed is committed and answered; what comes later is refused."""
    gate = threading.Event()
    keeper = Keeper(Held(database, gate))
    with ThreadPoolExecutor(8) as threads:
        kept = [threads.submit(keeper.keep, _delivery(shop_id, f"w-{number}")) for number in range(8)]
        _until(lambda: sum(one.running() for one in kept) == 8)
        closing = threading.Thread(target=keeper.close)
        closing.start()
        gate.set()
        closing.join(timeout=10)

        outcomes = [_outcome(one) for one in kept]

    assert set(outcomes) <= {"kept", "closing"}
    assert len(_ids(database)) == outcomes.count("kept")
    with pytest.raises(CannotKeep, match="closing"):
        keeper.keep(_delivery(shop_id, "too late"))


def _until(true: Callable[[], bool], *, seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def _outcome(future: Future[bool]) -> str:
    try:
        return "kept" if future.result() else "known"
    except CannotKeep as refused:
        return str(refused)


def test_processes_that_meet_crosswise_refuse_nobody(postgresql_database: Database) -> None:
    """Another process keeps the same deliveries in the opposite order: the commit that the server refuses is done again."""
    shop_id = a_shop(postgresql_database)
    with _keeper(postgresql_database) as keeper, ThreadPoolExecutor(3) as threads:
        with postgresql_database.transaction() as other:
            inbox_rows.keep(other, [_delivery(shop_id, "w-2")])
            with postgresql_database.transaction() as first:
                inbox_rows.keep(first, [_delivery(shop_id, "w-0")])
                # while the writer waits for this one, the next two gather
                busy = threads.submit(keeper.keep, _delivery(shop_id, "w-0"))
                _until(lambda: _waits(postgresql_database))
                gathered = []
                for number in (1, 2):
                    gathered.append(threads.submit(keeper.keep, _delivery(shop_id, f"w-{number}")))
                    _until(lambda number=number: keeper.waiting == number)
            assert busy.result() is False
            _until(lambda: _waits(postgresql_database))
            inbox_rows.keep(other, [_delivery(shop_id, "w-1")])
        assert [one.result() for one in gathered] == [False, False]
    assert _ids(postgresql_database) == ["w-0", "w-1", "w-2"]


def _waits(database: Database) -> bool:
    """Whether a transaction waits for another."""
    with database.reading() as db:
        return bool(db.execute(text("SELECT 1 FROM pg_locks WHERE NOT granted")).first())
