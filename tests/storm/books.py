"""The month's books, read move by move, while they are written and afterwards."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from storage import budgets, ledger
from storage.budgets import Budget
from storage.engine import Database
from storage.tables import budget_entries
from tests.storm.town import MONTH

LOOK_SECONDS = 0.02
#: every so many looks all moves are added up again, by the database
ALL_OF_IT = 200
#: of a move, in the order of ``Replay.follow``
MOVE = (
    budget_entries.c.number,
    budget_entries.c.reserved_minor,
    budget_entries.c.booked_minor,
    budget_entries.c.reserved_after,
    budget_entries.c.booked_after,
)


@dataclass
class Replay:
    """What the moves come to, one after the other; each stands on the one before and none is above the cap."""

    cap: int
    number: int = 0
    reserved: int = 0
    booked: int = 0
    wrong: list[str] = field(default_factory=list)

    def follow(self, moves: Iterable[tuple[int, int, int, int, int]]) -> None:
        """Goes on with the next moves."""
        for move in moves:
            self.number, self.reserved, self.booked = self.number + 1, self.reserved + move[1], self.booked + move[2]
            if move != (self.number, move[1], move[2], self.reserved, self.booked):
                self.wrong.append(f"{move} does not follow from {self}")
            if self.reserved + self.booked > self.cap:
                self.wrong.append(f"{move} is above the cap")

    def state(self) -> Budget:
        """How the month stands after the moves so far."""
        return Budget(self.reserved, self.booked)


def moves_after(db: Connection, shop_id: int, number: int) -> list[Any]:
    """The month's moves later than one, in their order."""
    mine = (budget_entries.c.shop_id == shop_id, budget_entries.c.month == MONTH, budget_entries.c.number > number)
    return [tuple(row) for row in db.execute(select(*MOVE).where(*mine).order_by(budget_entries.c.number))]


class Watcher:
    """Looks at the month again and again, from outside, while it is worked on: at what is new since the last look."""

    def __init__(self, database: Database, shop_id: int, cap: int) -> None:
        self.looks = 0
        self._database, self._shop_id, self._replay = database, shop_id, Replay(cap)
        self._wrong: list[str] = []
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def begin(self) -> None:
        """Looks from now on."""
        self._thread.start()

    def end(self) -> list[str]:
        """Looks no more; what was wrong."""
        self._over.set()
        self._thread.join()
        return self._wrong + self._replay.wrong

    def _watch(self) -> None:
        while not self._over.wait(LOOK_SECONDS):
            self._look()

    def _look(self) -> None:
        whole = self.looks % ALL_OF_IT == 0
        with self._database.reading() as db:
            month = budgets.state(db, self._shop_id, MONTH)
            self._replay.follow(moves_after(db, self._shop_id, self._replay.number))
            disagree = ledger.disagreements(db, self._shop_id) if whole else []
        self.looks += 1
        if month != self._replay.state() or disagree:
            self._wrong.append(f"look {self.looks}: {month} after {self._replay.number} moves {disagree}")
