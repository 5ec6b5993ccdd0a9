"""Who reads in haste is told that it took too long; nobody else is cut short."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import OperationalError

from storage import faults
from storage.engine import Database

LONG = text("SELECT pg_sleep(1.2), 1")
SHORT = text("SELECT 1")


def test_a_statement_that_takes_too_long_ends(postgresql_database: Database) -> None:
    """It is told from other troubles, and by the same connection one reads on."""
    hasty = postgresql_database.hasty(1)
    for _ in range(2):
        with pytest.raises(OperationalError) as said, hasty.reading() as db:
            db.execute(LONG)
        assert faults.took_too_long(said.value)
        with hasty.reading() as db:
            assert db.execute(SHORT).scalar_one() == 1


def test_only_reading_in_haste_is_limited(postgresql_database: Database) -> None:
    """By the same connections: transactions, those of the same database too, and who reads at leisure afterwards."""
    hasty = postgresql_database.hasty(1)
    with hasty.reading() as db:
        assert db.execute(text("SHOW statement_timeout")).scalar_one() == "1s"
    for opened in (hasty.transaction, postgresql_database.reading, postgresql_database.transaction):
        with opened() as db:
            assert db.execute(text("SHOW statement_timeout")).scalar_one() == "0"


def test_a_file_is_read_as_before(sqlite_database: Database) -> None:
    """It has no such limit; its readers wait for nobody."""
    with sqlite_database.hasty(1).reading() as db:
        assert db.execute(SHORT).scalar_one() == 1
