"""Changes a shop's reward rules: every change is a new version, an undo too; nothing that was saved is ever rewritten."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from plugin.rewards.program import Program
from plugin.rewards.stored import to_stored
from plugin.usecases import keep_currency
from plugin.usecases.cancel_offers import cancel_offers
from storage import locks, programs, snapshots
from storage.programs import StoredProgram

#: held while a change is made, so that of two that start from one version the second is told
ROOM = "programs"
UNDO_NOTE = "undo"
#: why an offer was cancelled
UNDONE = "the rules that made it were undone"


class Conflict(Exception):
    """Someone else saved in the meantime; ``current`` is what is in force (None: nothing was ever saved)."""

    def __init__(self, current: StoredProgram | None) -> None:
        super().__init__("the rules were saved by someone else in the meantime")
        self.current = current


class NothingToUndo(Exception):
    """There is no version before the one in force."""


def save(
    db: Connection, *, shop_id: int, program: Program, author: str, note: str, now: datetime, base_version: int
) -> int:
    """Puts a program in force and has everyone looked at again; its version.

    ``base_version`` is the version that the change was made from, 0 for a shop without rules. Raises Conflict when
    another one is in force by now.
    """
    _check_base(db, shop_id, base_version)
    version = programs.append(db, shop_id, body=to_stored(program), author=author, note=note, now=now)
    keep_currency.check(db, shop_id)
    snapshots.plan_all(db, shop_id, now)
    return version


def undo(
    db: Connection, *, shop_id: int, author: str, now: datetime, base_version: int, cancel_codes: bool = False
) -> int:
    """Puts the version before the one in force into force again, as a new version; its number.

    With ``cancel_codes`` the open offers of the version undone are cancelled, too. Undoing an undo gives the change
    back, though not those offers. Raises Conflict, or NothingToUndo at the first version.
    """
    _check_base(db, shop_id, base_version)
    before = programs.get(db, shop_id, base_version - 1) if base_version > 1 else None
    if before is None:
        raise NothingToUndo
    version = programs.append(db, shop_id, body=before.body, author=author, note=UNDO_NOTE, now=now)
    keep_currency.check(db, shop_id)
    if cancel_codes:
        cancel_offers(db, shop_id, version=base_version, why=UNDONE, now=now)
    snapshots.plan_all(db, shop_id, now)
    return version


def _check_base(db: Connection, shop_id: int, base_version: int) -> None:
    locks.take(db, shop_id, ROOM)
    current = programs.current(db, shop_id)
    if (current.version if current else 0) != base_version:
        raise Conflict(current)
