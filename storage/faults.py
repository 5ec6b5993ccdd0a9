"""Whose fault it is where the database does not do what it was asked."""

from __future__ import annotations

import sqlite3

from sqlalchemy.exc import DBAPIError

#: a lock, a disk without room or out of order, a file that cannot be opened or written
_FILE = frozenset({
    sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY,
    sqlite3.SQLITE_CANTOPEN,
})  # fmt: skip
#: PostgreSQL's classes for work refused beside other work, locks, and trouble of the machine
_CLASSES = frozenset({"40", "55", "58"})
#: no room on the disk, no connection free
_STATES = frozenset({"53100", "53300"})
#: ended by a limit, or by somebody's hand
_CANCELLED = "57014"


def by_lock_or_room(error: DBAPIError) -> bool:
    """Whether others hold what is needed, or there is no room: what was asked is as sound as before, however often it fails.

    False also where that is not known: a statement that took too long, memory for it, a connection that broke.
    """
    if isinstance(error.orig, sqlite3.Error):
        # the lowest byte is the kind, the rest says more
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in _FILE
    state = getattr(error.orig, "sqlstate", None) or ""
    return state[:2] in _CLASSES or state in _STATES


def took_too_long(error: DBAPIError) -> bool:
    """Whether a server gave a statement up because it took longer than it was given."""
    return getattr(error.orig, "sqlstate", None) == _CANCELLED
