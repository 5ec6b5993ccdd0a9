"""The merchant's reward rules: every version is kept, the highest is in force; nothing is changed, nothing removed."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, case, func, insert, select

from storage import locks
from storage.tables import programs


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProgram:
    """One version of the rules."""

    version: int
    body: dict[str, Any]
    author: str
    note: str
    saved_at: datetime


COLUMNS = tuple(programs.c[field.name] for field in fields(StoredProgram))
LAST = select(func.coalesce(func.max(programs.c.version), 0)).where(programs.c.shop_id == bindparam("shop"))
NEWEST = select(*COLUMNS).where(programs.c.shop_id == bindparam("shop")).order_by(programs.c.version.desc()).limit(1)

_SAVED = programs.c.saved_at <= bindparam("moment", type_=programs.c.saved_at.type)
#: the newest of those saved by then, else the oldest of those after
IN_FORCE = (
    select(*COLUMNS)
    .where(programs.c.shop_id == bindparam("shop"))
    .order_by(case((_SAVED, programs.c.version), else_=-programs.c.version).desc())
    .limit(1)
)


def append(db: Connection, shop_id: int, *, body: dict[str, Any], author: str, note: str, now: datetime) -> int:
    """Saves the rules as the next version and puts them in force; its number, from 1."""
    locks.take(db, shop_id, "programs")
    version = int(db.execute(LAST, {"shop": shop_id}).scalar_one()) + 1
    row = {"shop_id": shop_id, "version": version, "body": body, "author": author, "note": note, "saved_at": now}
    db.execute(insert(programs), row)
    return version


def current(db: Connection, shop_id: int) -> StoredProgram | None:
    """The rules in force; None before the first."""
    row = db.execute(NEWEST, {"shop": shop_id}).one_or_none()
    return None if row is None else StoredProgram(**row._asdict())


def get(db: Connection, shop_id: int, version: int) -> StoredProgram | None:
    """One version of the rules."""
    statement = select(*COLUMNS).where(programs.c.shop_id == shop_id, programs.c.version == version)
    row = db.execute(statement).one_or_none()
    return None if row is None else StoredProgram(**row._asdict())


def in_force(db: Connection, shop_id: int, moment: datetime) -> StoredProgram | None:
    """The version that was in force at a moment, else the first that came after it; None where there never was one."""
    row = db.execute(IN_FORCE, {"shop": shop_id, "moment": moment}).one_or_none()
    return None if row is None else StoredProgram(**row._asdict())


def history(db: Connection, shop_id: int) -> list[StoredProgram]:
    """All versions, the newest first."""
    statement = select(*COLUMNS).where(programs.c.shop_id == shop_id).order_by(programs.c.version.desc())
    return [StoredProgram(**row._asdict()) for row in db.execute(statement)]
