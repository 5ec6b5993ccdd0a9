"""Transactions are durable, alone on SQLite, and stand beside readers who see one moment."""

from __future__ import annotations

import fcntl
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import threading
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from storage import budgets, inbox, shops
from storage.engine import Database
from tests.storage.worlds import any_cause, new_shop

NOW = datetime(2026, 3, 1, tzinfo=UTC)

KEEPS_FOR_EVER = """
import sys
from datetime import UTC, datetime
from storage import inbox
from storage.engine import Database

url, shop_id, worker = sys.argv[1], int(sys.argv[2]), sys.argv[3]
database = Database(url)
number = 0
while True:
    number += 1
    one = inbox.Delivery(shop_id=shop_id, delivery_id=f"{worker}-{number}", topic="orders/create",
                         received_at=datetime(2026, 3, 1, tzinfo=UTC), body=b"x" * 1000)
    with database.transaction() as db:
        assert inbox.keep(db, [one]) == [True]
    print(f"committed {worker}-{number}", flush=True)
"""


def keeper(url: str, shop_id: int, worker: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", KEEPS_FOR_EVER, url, str(shop_id), worker]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).resolve().parents[2])


def test_what_was_committed_survives_a_kill(database: Database, database_url: str, shop_id: int):
    """Two processes are killed in the middle of their work: every delivery that one called committed is there."""
    workers = [keeper(database_url, shop_id, name) for name in ("a", "b")]
    said: list[str] = []
    for worker in workers:
        assert worker.stdout is not None
        said += [worker.stdout.readline().split()[1] for _ in range(30)]
    for worker in workers:
        os.kill(worker.pid, signal.SIGKILL)
    for worker in workers:
        out, _ = worker.communicate()
        # the last line may be cut off by the kill
        said += [line.split()[1] for line in out.split("\n")[:-1]]
        assert worker.returncode == -signal.SIGKILL
    with database.transaction() as db:
        kept = {row.delivery_id for row in inbox.claim(db, now=NOW, limit=100_000, lease_seconds=1)}
    assert len(said) == len(set(said)) >= 60
    assert set(said) <= kept
    if database.dialect == "sqlite":
        assert database.run_alone("PRAGMA integrity_check") == [[("ok",)]]


def test_a_failed_transaction_leaves_nothing(database: Database, shop_id: int):
    """An exception inside a transaction takes back all of it, and the next one goes on."""
    with pytest.raises(ZeroDivisionError), database.transaction() as db:  # noqa: PT012
        budgets.reserve(db, shop_id, month="2026-03", amount=5, cap=10, cause=any_cause())
        raise ZeroDivisionError
    with database.transaction() as db:
        assert budgets.state(db, shop_id, "2026-03") == (0, 0)


def test_a_reader_sees_one_moment(database: Database, shop_id: int):
    """What is committed after a reader's first look is not seen by it, and does not wait for it."""
    with database.reading() as seen:
        assert budgets.state(seen, shop_id, "2026-03") == (0, 0)
        with database.transaction() as db:
            budgets.reserve(db, shop_id, month="2026-03", amount=5, cap=10, cause=any_cause())
        assert budgets.state(seen, shop_id, "2026-03") == (0, 0)
    with database.reading() as seen:
        assert budgets.state(seen, shop_id, "2026-03") == (5, 0)


def test_a_reader_changes_nothing(database: Database, shop_id: int):
    """A reading transaction refuses to write."""
    with pytest.raises(DBAPIError), database.reading() as db:
        budgets.reserve(db, shop_id, month="2026-03", amount=5, cap=10, cause=any_cause())


def test_many_threads_lose_no_update(database: Database, shop_id: int):
    """Increments from many threads add up, readers in between see only committed states."""
    threads, each = 8, 6

    def work() -> None:
        for _ in range(each):
            with database.transaction() as db:
                budgets.book(db, shop_id, month="2026-03", reserved=0, cost=1, cause=any_cause())
            with database.reading() as db:
                assert 0 < budgets.state(db, shop_id, "2026-03").booked_minor <= threads * each

    running = [threading.Thread(target=work) for _ in range(threads)]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join()
    with database.reading() as db:
        assert budgets.state(db, shop_id, "2026-03").booked_minor == threads * each


def test_work_refused_as_a_deadlock_is_done_again(postgresql_database: Database) -> None:
    """Two who wait for each other in a circle both get their work done, each as a whole and once."""
    with postgresql_database.transaction() as db:
        first, second = new_shop(db), new_shop(db)
    together = threading.Barrier(2)
    tries = []

    def change(db: Connection, order: tuple[int, int]) -> None:
        tries.append(order)
        for shop_id in order:
            budgets.book(db, shop_id, month="2026-03", reserved=0, cost=1, cause=any_cause())
            if tries.count(order) == 1 and shop_id == order[0]:
                together.wait(10)

    def work(order: tuple[int, int]) -> None:
        postgresql_database.carry_out(lambda db: change(db, order))

    running = [threading.Thread(target=work, args=(order,)) for order in ((first, second), (second, first))]
    for thread in running:
        thread.start()
    for thread in running:
        thread.join(30)
    assert len(tries) > 2
    with postgresql_database.reading() as db:
        assert [budgets.state(db, one, "2026-03").booked_minor for one in (first, second)] == [2, 2]


def test_work_that_fails_otherwise_is_not_tried_again(database: Database, shop_id: int) -> None:
    """Only what the server asks to do again is done again; anything else is the caller's to know, at once."""
    tries = []

    def work(db: Connection) -> None:
        tries.append(db)
        budgets.book(db, shop_id, month="2026-03", reserved=0, cost=-1, cause=any_cause())

    with pytest.raises(DBAPIError):
        database.carry_out(work)
    assert len(tries) == 1


def test_sqlite_is_set_up_to_keep_and_to_forget(sqlite_database: Database):
    """The log is written through at every commit, keys are enforced, what is deleted is overwritten."""
    wanted = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1, "busy_timeout": 5000}
    with sqlite_database.transaction() as db:
        found = {name: db.execute(text(f"PRAGMA {name}")).scalar_one() for name in wanted}
    assert found == wanted


def test_postgresql_waits_for_its_log(postgresql_database: Database):
    """The server answers a commit when it is on disk."""
    with postgresql_database.transaction() as db:
        assert db.execute(text("SHOW synchronous_commit")).scalar_one() == "on"


def test_a_transaction_inside_a_transaction_is_refused(sqlite_database: Database):
    """A thread that would wait for itself is told so, and the outer transaction goes on."""
    with sqlite_database.transaction() as db:
        inner = sqlite_database.transaction()
        with pytest.raises(RuntimeError, match="one entry, one transaction"):
            inner.__enter__()
        shop_id = new_shop(db)
    with sqlite_database.transaction() as db:
        assert shops.get(db, shop_id).state == "active"


def test_the_file_lock_is_held_from_begin_to_commit(sqlite_database: Database):
    """Another process finds the lock taken inside a transaction and free before and after; reading takes none."""
    assert sqlite_database.path is not None
    with sqlite_database.transaction():
        pass
    with Path(f"{sqlite_database.path}.lock-file").open() as lock:

        def free() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            fcntl.flock(lock, fcntl.LOCK_UN)
            return True

        assert free()
        with sqlite_database.transaction() as db:
            assert not free()
            new_shop(db)
        assert free()
        with sqlite_database.reading() as db:
            assert shops.every(db)
            assert free()


def test_who_holds_the_file_lock_writes_first(sqlite_database: Database):
    """While another process has the lock, writers, checkpoints and closing wait for it without giving up."""
    assert sqlite_database.path is not None
    happened: list[str] = []

    def work() -> None:
        with sqlite_database.transaction() as db:
            new_shop(db)
        sqlite_database.run_alone("PRAGMA wal_checkpoint(TRUNCATE)")
        sqlite_database.close()
        happened.append("written")

    with Path(f"{sqlite_database.path}.lock-file").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        thread = threading.Thread(target=work)
        thread.start()
        thread.join(timeout=0.2)
        happened.append("let go")
        fcntl.flock(lock, fcntl.LOCK_UN)
    thread.join()
    assert happened == ["let go", "written"]


def test_another_process_that_comes_and_goes_takes_nothing_along(sqlite_database: Database, sqlite_url: str):
    """Who closes the file while we have it open is not the last: what we commit afterwards is in the log that others see."""
    count = "import sys; from storage.engine import Database; d = Database(sys.argv[1]); "
    count += "print(d.run_alone('SELECT count(*) FROM shops')); d.close()"
    visit = [sys.executable, "-c", count, sqlite_url]
    with sqlite_database.transaction() as db:
        new_shop(db)
    # our second connection: opening one must not give up what the first holds
    with sqlite_database.reading() as db:
        db.execute(text("SELECT count(*) FROM shops"))
    for shops_before in (1, 2, 3):
        seen = subprocess.run(visit, check=True, capture_output=True, text=True).stdout
        assert seen == f"[[({shops_before},)]]\n"
        with sqlite_database.transaction() as db:
            new_shop(db)


def test_closing_leaves_one_private_file(tmp_path: Path):
    """Only the owner may read the database; once it is closed there is no log beside it."""
    database = Database(f"sqlite:///{tmp_path / 'regulars.db'}")
    with database.transaction() as db:
        db.execute(text("CREATE TABLE t (x INTEGER)"))
    with database.reading() as db:
        db.execute(text("SELECT * FROM t"))
    database.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["regulars.db", "regulars.db.lock-file"]
    assert stat.S_IMODE((tmp_path / "regulars.db").stat().st_mode) == 0o600


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://u:secret@host/x"])
def test_other_databases_are_refused(url: str):
    """What cannot be shared between threads and processes, or is not known, is refused without its password."""
    with pytest.raises(ValueError, match=r"^[^s]*(SQLite|sqlite).*$") as refused:
        Database(url)
    assert "secret" not in str(refused.value)


def test_what_cannot_begin_fails_as_everything_else_does(sqlite_database: Database) -> None:
    """A transaction that another program keeps from beginning ends in an error of the library's, and the next one works."""
    sqlite_database.run_alone("PRAGMA busy_timeout=1")
    assert sqlite_database.path is not None
    with closing(sqlite3.connect(sqlite_database.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(OperationalError, match="locked"), sqlite_database.transaction():
            pytest.fail("it has begun")
        other.execute("ROLLBACK")
    with sqlite_database.transaction() as db:
        assert db.execute(text("SELECT 1")).scalar_one() == 1
