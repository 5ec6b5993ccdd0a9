"""A fleeting transaction is one like any other, but for the write to the disk; all others keep theirs."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, OperationalError

from storage import inbox
from storage.engine import Database

NOW = datetime(2026, 3, 1, tzinfo=UTC)
#: in SQLite's words: 2 writes through to the disk at each commit, 1 does not
DURABLE = {"sqlite": ("PRAGMA synchronous", 2), "postgresql": ("SHOW synchronous_commit", "on")}
ALLOWED, DENIED = sqlite3.SQLITE_OK, sqlite3.SQLITE_DENY
FLEETING = {"sqlite": 1, "postgresql": "on"}


def safety(db: Connection) -> int | str:
    """How safely this transaction commits."""
    found: int | str = db.execute(text(DURABLE[db.dialect.name][0])).scalar_one()
    return found


def test_only_a_fleeting_transaction_commits_less_safely(database: Database):
    """Before it, after it, and after one that failed, transactions are durable; on a server it is, too."""
    durable = DURABLE[database.dialect][1]
    with database.transaction() as db:
        assert safety(db) == durable
    with database.fleeting() as db:
        assert safety(db) == FLEETING[database.dialect]
    with database.transaction() as db:
        assert safety(db) == durable
    with pytest.raises(ZeroDivisionError), database.fleeting():
        1 / 0  # noqa: B018
    with pytest.raises(OperationalError if database.dialect == "sqlite" else Exception), database.fleeting() as db:
        db.execute(text("SELECT nothing FROM nowhere"))
    with database.transaction() as db:
        assert safety(db) == durable


def test_a_connection_that_cannot_be_made_safe_again_is_thrown_away(sqlite_database: Database):
    """Who comes next gets another one, which commits durably."""
    with pytest.raises(DBAPIError, match="not authorized"):
        _make_unsafe_for_good(sqlite_database)
    with sqlite_database.transaction() as db:
        assert safety(db) == DURABLE["sqlite"][1]


def _make_unsafe_for_good(database: Database) -> None:
    with database.fleeting() as db:
        driver: Any = db.connection.driver_connection
        driver.set_authorizer(lambda action, *_: DENIED if action == sqlite3.SQLITE_PRAGMA else ALLOWED)


def _fail_to_claim(database: Database) -> None:
    with database.fleeting() as db:
        assert len(inbox.claim(db, now=NOW, limit=1, lease_seconds=60)) == 1
        raise _Failure


class _Failure(Exception):
    pass


def test_what_it_writes_is_there_for_all_others_and_goes_when_it_fails(database: Database, shop_id: int):
    """A claim of which another connection knows; one that fails leaves the delivery as it was."""
    with database.transaction() as db:
        any_delivery = inbox.Delivery(
            shop_id=shop_id, delivery_id="1", topic="orders/create", received_at=NOW, body=b"{}"
        )
        inbox.keep(db, [any_delivery])
    with pytest.raises(_Failure):
        _fail_to_claim(database)
    with database.reading() as db:
        assert inbox.due(db, NOW)
    with database.fleeting() as db:
        assert len(inbox.claim(db, now=NOW, limit=1, lease_seconds=60)) == 1
    with database.reading() as db:
        assert not inbox.due(db, NOW)
        assert inbox.due(db, NOW + timedelta(seconds=61))
