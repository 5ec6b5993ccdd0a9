"""Whether the database's file is whole."""

from __future__ import annotations

from sqlalchemy.exc import DatabaseError, OperationalError

from storage.engine import Database


def damage(database: Database) -> str | None:
    """What a look at every page of a SQLite file finds wrong, in a few words; None where nothing is.

    It reads the whole file and keeps no writer waiting. A server watches over its own files: always None.
    """
    if database.path is None:
        return None
    try:
        with database.reading() as db:
            told = str(db.exec_driver_sql("PRAGMA integrity_check(1)").scalar_one())
    except (OperationalError, OSError):
        # it cannot be looked at now, which says nothing
        return None
    except DatabaseError as error:
        return type(error.orig).__name__
    return None if told == "ok" else told.splitlines()[-1]
