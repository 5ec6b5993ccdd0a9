"""A copy of a SQLite database in one file, as of one moment, while it is being written to."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from storage.engine import Database


class BackupError(Exception):
    """There is no copy; the message says why and what to do."""


def copy(database: Database, target: Path) -> int:
    """Writes the database into a new file that its owner alone can read; its size in bytes.

    Everything committed before the call is in it, nothing half done is, and no writer waits. The file appears whole,
    checked and on the disk, or not at all. Raises BackupError, and ValueError for a database that is no SQLite file.
    """
    if database.path is None:
        raise ValueError("only a SQLite database is a file")
    if target.exists():
        raise BackupError(f"{target} exists already; choose another name.")
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    try:
        os.close(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        _copy(database, part)
        _sync(part)
        # refuses to replace a file that appeared meanwhile
        target.hardlink_to(part)
        _sync(target.parent)
    except FileExistsError:
        raise BackupError(f"{target} exists already; choose another name.") from None
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"{target} could not be written ({type(error).__name__}); see that there is room.") from error
    finally:
        part.unlink(missing_ok=True)
    return target.stat().st_size


def _copy(database: Database, part: Path) -> None:
    # one step: a reader of one moment, whom no writer disturbs; in several, each writer would make it begin anew
    with database.reading() as db, closing(sqlite3.connect(part, isolation_level=None)) as made:
        source: Any = db.connection.driver_connection
        source.backup(made)
        # one file, no log beside it
        made.execute("PRAGMA journal_mode=DELETE")
        wrong = [row[0] for row in made.execute("PRAGMA integrity_check")]
    if wrong != ["ok"]:
        raise BackupError(f"The database is damaged ({wrong[0]}); restore the last good copy.")


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
