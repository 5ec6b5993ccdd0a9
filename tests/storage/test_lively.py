"""Connections that died while they lay, or a moment after they were used."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from storage.engine import Database
from storage.lively import MOMENT_SECONDS

PROCESS = text("SELECT pg_backend_pid() /* of every shop_id */")
END_OTHERS = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity /* of every shop_id */ "
    "WHERE pid <> pg_backend_pid() AND datname = current_database()"
)


class Clock:
    """Seconds that pass when they are told to."""

    seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    """The clock of ``opened``."""
    return Clock()


@pytest.fixture
def opened(postgresql_database: Database, fresh_postgresql_url: str, clock: Clock) -> Iterator[Database]:
    """The program's own way to open a server's database; the fixture it builds on has migrated it."""
    with closing(Database(fresh_postgresql_url, monotonic=clock)) as database:
        yield database


def processes(database: Database, count: int) -> set[int]:
    """The server's processes that answer so many transactions at once."""
    with ExitStack() as several:
        begun = [several.enter_context(database.transaction()) for _ in range(count)]
        return {int(db.execute(PROCESS).scalar_one()) for db in begun}


def end_all_of(database: Database) -> None:
    """What a restart of the server does to those who had spoken to it."""
    with database.transaction() as db:
        assert db.execute(END_OTHERS).all()


def test_what_died_while_it_lay_is_not_noticed(opened: Database, postgresql_database: Database, clock: Clock):
    """Connections that lie for a moment and are ended: each transaction after that finds a new one."""
    before = processes(opened, 3)
    end_all_of(postgresql_database)
    clock.seconds += MOMENT_SECONDS
    after = processes(opened, 3)
    assert len(before) == len(after) == 3
    assert not before & after


def test_what_died_right_after_its_use_costs_one_transaction(opened: Database, postgresql_database: Database):
    """It is not looked at; its first statement fails as the library's error, and nobody else meets one of its age."""
    before = processes(opened, 3)
    end_all_of(postgresql_database)
    with pytest.raises(OperationalError):
        processes(opened, 1)
    assert not before & processes(opened, 3)


def test_a_connection_in_use_is_used_again(opened: Database, clock: Clock):
    """Transactions one after another have one and the same, looked at or not."""
    first = processes(opened, 1)
    assert processes(opened, 1) == first
    clock.seconds += 2 * MOMENT_SECONDS
    assert processes(opened, 1) == first


def test_who_tells_no_time_has_each_looked_at(postgresql_database: Database, fresh_postgresql_url: str):
    """Without a clock a connection that was ended is never met."""
    before = processes(postgresql_database, 2)
    with closing(Database(fresh_postgresql_url)) as other:
        end_all_of(other)
    assert not before & processes(postgresql_database, 2)
