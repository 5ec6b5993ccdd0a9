"""Connections that died while they lay, or a moment after they were used."""

from __future__ import annotations

import time
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


def process(database: Database) -> int:
    """Which of the server's processes answers."""
    with database.transaction() as db:
        return int(db.execute(PROCESS).scalar_one())


def end_all_of(database: Database, url: str) -> None:
    """What a restart of the server does to those who had spoken to it."""
    with closing(Database(url)) as other, other.transaction() as db:
        assert db.execute(END_OTHERS).all()


def test_what_died_while_it_lay_is_not_noticed(postgresql_database: Database, fresh_postgresql_url: str):
    """Several connections lie for longer than a moment and are ended: each transaction after that finds a new one."""
    with ExitStack() as several:
        for _ in range(3):
            several.enter_context(postgresql_database.transaction()).execute(PROCESS)
    before = process(postgresql_database)
    end_all_of(postgresql_database, fresh_postgresql_url)
    time.sleep(1.1 * MOMENT_SECONDS)
    with ExitStack() as several:
        after = [
            several.enter_context(postgresql_database.transaction()).execute(PROCESS).scalar_one() for _ in range(3)
        ]
    assert before not in after
    assert len(set(after)) == 3


def test_what_died_right_after_its_use_costs_one_transaction(postgresql_database: Database, fresh_postgresql_url: str):
    """It is not looked at; its first statement fails as the library's error, and nobody else meets one of its age."""
    with ExitStack() as several:
        for _ in range(3):
            several.enter_context(postgresql_database.transaction()).execute(PROCESS)
    end_all_of(postgresql_database, fresh_postgresql_url)
    with pytest.raises(OperationalError):
        process(postgresql_database)
    with ExitStack() as several:
        for _ in range(3):
            several.enter_context(postgresql_database.transaction()).execute(PROCESS)


def test_a_connection_in_use_is_used_again(postgresql_database: Database):
    """Transactions one after another have one and the same."""
    assert len({process(postgresql_database) for _ in range(5)}) == 1
