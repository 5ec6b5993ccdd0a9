"""Bulk operations: a query that the store runs by itself, and whose result is a file to download.

What becomes of the next operations can be ordered (``Office.order``): they are slow, fail with part of the file, are
cancelled, or their file is gone. Children may be written anywhere in the file.
"""

from __future__ import annotations

import json
import random
import secrets
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from threading import Thread
from typing import Any

from plugin.sandbox.times import kept, read

#: the real store runs so many queries of one app at once
MOST_RUNNING = 5
URL_LIVES = timedelta(days=7)
RUNNING = ("CREATED", "RUNNING", "CANCELING")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What becomes of one operation."""

    #: COMPLETED, FAILED, CANCELED or EXPIRED
    status: str = "COMPLETED"
    error_code: str | None = None
    #: how often somebody has to ask before it has ended
    polls: int = 0
    #: how much of the file a failed one leaves; 0 leaves none
    share: float = 0.0
    #: lines in any order, children before and far from their parents
    shuffled: bool = False
    #: every download breaks off after so many bytes; 0 never
    breaks_after: int = 0


@dataclass(slots=True)
class Office:
    """Where a store's operations are run. ``folder`` holds the files."""

    folder: Path
    now: Callable[[], datetime]
    transaction: Callable[[], AbstractContextManager[sqlite3.Connection]]
    announce: Callable[[sqlite3.Connection, list[tuple[str, dict[str, Any]]], datetime], None]
    #: what the next operations are going to be; after them all go well
    ordered: list[Outcome] = field(default_factory=list)
    #: what becomes of those that nothing was ordered for
    usual: Outcome = field(default_factory=Outcome)
    #: operations of the same app that somebody else has running
    others: int = 0

    def order(self, *outcomes: Outcome) -> None:
        """The next operations go like this, one each."""
        self.ordered += outcomes

    def begin(self, connection: sqlite3.Connection, query: str) -> int:
        """Writes an operation down; its number."""
        outcome = self.ordered.pop(0) if self.ordered else self.usual
        told = json.dumps({name: getattr(outcome, name) for name in outcome.__slots__})
        made = connection.execute(
            "INSERT INTO bulk_operations (query, status, created_at, token, outcome, polls_left) VALUES (?, 'CREATED', ?, ?, ?, ?)",
            (query, kept(self.now()), secrets.token_hex(16), told, outcome.polls),
        )
        return int(made.lastrowid or 0)

    def crowded(self, connection: sqlite3.Connection) -> bool:
        """Whether the app has as many running as it may."""
        marks = ",".join("?" * len(RUNNING))
        row = connection.execute(f"SELECT count(*) FROM bulk_operations WHERE status IN ({marks})", RUNNING)  # noqa: S608 (marks only)
        return int(row.fetchone()[0]) + self.others >= MOST_RUNNING

    def write_later(self, number: int, lines: Callable[[], Iterable[Mapping[str, Any]]]) -> None:
        """As ``write``, beside the store's other work: each page is read in a transaction of its own."""

        def work() -> None:
            with self.transaction() as connection:
                row = get(connection, number)
            counted = self._file(row, lines())
            with self.transaction() as connection:
                _written(connection, number, counted)

        Thread(target=work, name="sandbox bulk", daemon=True).start()

    def write(self, connection: sqlite3.Connection, number: int, lines: Iterable[Mapping[str, Any]]) -> None:
        """The result's lines into the operation's file; as much of them as its outcome leaves."""
        _written(connection, number, self._file(get(connection, number), lines))

    def _file(self, row: sqlite3.Row, lines: Iterable[Mapping[str, Any]]) -> tuple[int, int]:
        """Writes; answers how many lines are left, and how many orders there were."""
        outcome = Outcome(**json.loads(row["outcome"]))
        written = (json.dumps(line, separators=(",", ":")) for line in lines)
        if outcome.shuffled or outcome.status != "COMPLETED":
            return self._altered(row, outcome, list(written))
        objects = roots = 0
        with self.path(row["token"]).open("w", encoding="utf-8") as file:
            for line in written:
                file.write(line + "\n")
                objects, roots = objects + 1, roots + ('"__parentId":' not in line)
        return objects, roots

    def _altered(self, row: sqlite3.Row, outcome: Outcome, written: list[str]) -> tuple[int, int]:
        if outcome.shuffled:
            random.Random(row["id"]).shuffle(written)  # noqa: S311 (any order will do)
        left = written if outcome.status == "COMPLETED" else written[: int(len(written) * outcome.share)]
        if left:
            self.path(row["token"]).write_text("\n".join(left) + "\n", encoding="utf-8")
        return len(left), sum('"__parentId":' not in line for line in written)

    def ended(self, connection: sqlite3.Connection, number: int) -> None:
        """Somebody asked: ends the operation when it was asked about often enough, and tells of it."""
        row = get(connection, number)
        if row["status"] != "RUNNING":
            return
        if row["polls_left"] > 0:
            connection.execute("UPDATE bulk_operations SET polls_left = polls_left - 1 WHERE id = ?", (number,))
            return
        outcome = Outcome(**json.loads(row["outcome"]))
        self.settle(connection, number, outcome.status, outcome.error_code)

    def settle(self, connection: sqlite3.Connection, number: int, status: str, error_code: str | None = None) -> None:
        """The operation is over: ``bulk_operations/finish``."""
        now = self.now()
        connection.execute(
            "UPDATE bulk_operations SET status = ?, error_code = ?, completed_at = ? WHERE id = ?",
            (status, error_code, kept(now), number),
        )
        told = {
            "admin_graphql_api_id": f"gid://shopify/BulkOperation/{number}",
            "completed_at": kept(now),
            "created_at": get(connection, number)["created_at"],
            "error_code": error_code and error_code.lower(),
            "status": status.lower(),
            "type": "query",
        }
        self.announce(connection, [("bulk_operations/finish", told)], now)

    def file(self, token: str) -> tuple[Path, int] | None:
        """The file of this name and where downloads of it break off; None when it is not there any more."""
        with self.transaction() as connection:
            row = connection.execute("SELECT * FROM bulk_operations WHERE token = ?", (token,)).fetchone()
        if row is None or row["completed_at"] is None or read(row["completed_at"]) + URL_LIVES < self.now():
            return None
        path = self.path(token)
        return (path, int(json.loads(row["outcome"])["breaks_after"])) if path.exists() else None

    def path(self, token: str) -> Path:
        """Where the result lies."""
        return self.folder / f"bulk-{token}.jsonl"


def _written(connection: sqlite3.Connection, number: int, counted: tuple[int, int]) -> None:
    connection.execute(
        "UPDATE bulk_operations SET status = 'RUNNING', objects = ?, roots = ? WHERE id = ?", (*counted, number)
    )


def get(connection: sqlite3.Connection, number: int) -> sqlite3.Row:
    """An operation's row. Raises LookupError."""
    row: sqlite3.Row | None = connection.execute("SELECT * FROM bulk_operations WHERE id = ?", (number,)).fetchone()
    if row is None:
        raise LookupError(f"no operation {number}")
    return row


def newest(connection: sqlite3.Connection, limit: int, *, reverse: bool) -> list[sqlite3.Row]:
    """Operations by the time of their beginning."""
    direction = "DESC" if reverse else "ASC"
    found = connection.execute(f"SELECT * FROM bulk_operations ORDER BY id {direction} LIMIT ?", (limit,))  # noqa: S608 (own words only)
    return found.fetchall()
