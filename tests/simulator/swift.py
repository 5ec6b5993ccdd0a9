"""Databases that nobody waits for: in most schedules nothing dies but a worker's memory."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import event

from storage.engine import Database


def opened_swift(path: Path) -> Database:
    """Opens a migrated file, without waiting for the disk at a commit."""
    opened = Database(f"sqlite:///{path}")
    event.listen(opened._writer, "connect", lambda raw, _record: raw.execute("PRAGMA synchronous=OFF").close())
    return opened


def opened_server(url: str) -> Database:
    """Opens a server's database without asking its connections each time whether they still live: here they do."""
    opened = Database(url)
    opened._writer.pool._pre_ping = False
    return opened
