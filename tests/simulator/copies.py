"""A copy of a SQLite database in memory, to put back later as somebody restores an old backup."""

from __future__ import annotations

import sqlite3
from typing import Any

from storage.engine import Database


def take(database: Database) -> sqlite3.Connection:
    """The database as it is now."""
    copy = sqlite3.connect(":memory:")
    with database.reading() as db:
        source: Any = db.connection.driver_connection
        source.backup(copy)
    return copy


def put_back(database: Database, copy: sqlite3.Connection) -> None:
    """Makes the database what it was."""
    with database._alone(), database._writer.connect() as db:
        target: Any = db.connection.driver_connection
        copy.backup(target)
