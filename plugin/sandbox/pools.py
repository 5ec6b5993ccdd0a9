"""Discounts that hold many codes: codes are added and taken away by jobs, which are done a while after they were asked for."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence

from plugin.sandbox import discounts

Result = tuple[str, int | None]


def ask_for(connection: sqlite3.Connection, discount_id: int, codes: Sequence[str]) -> int:
    """Begins to add codes; the number of the job."""
    statement = "INSERT INTO bulk_creations (discount_id, codes, done) VALUES (?, ?, 0)"
    return int(connection.execute(statement, (discount_id, json.dumps(list(codes)))).lastrowid or 0)


def work(connection: sqlite3.Connection) -> None:
    """Does what was asked for, a code after the other; one whose name is taken is not added."""
    for row in connection.execute("SELECT * FROM bulk_creations WHERE done = 0 ORDER BY id").fetchall():
        told = [[code, _add(connection, row["discount_id"], code)] for code in json.loads(row["codes"])]
        connection.execute("UPDATE bulk_creations SET done = 1, codes = ? WHERE id = ?", (json.dumps(told), row["id"]))


def job(connection: sqlite3.Connection, number: int) -> tuple[bool, list[Result]] | None:
    """Whether a job is done, and each code with the number that it got; None for one that was refused."""
    row = connection.execute("SELECT * FROM bulk_creations WHERE id = ?", (number,)).fetchone()
    if row is None:
        return None
    codes = json.loads(row["codes"])
    return bool(row["done"]), [(one[0], one[1]) for one in codes] if row["done"] else [(one, None) for one in codes]


def remove(connection: sqlite3.Connection, discount_id: int, numbers: Sequence[int]) -> None:
    """Takes codes away, the one that it was made with too; their names are free again."""
    if discount_id in numbers:
        connection.execute("UPDATE discounts SET code_key = 'taken out ' || id WHERE id = ?", (discount_id,))
    connection.executemany(
        "DELETE FROM pool_codes WHERE discount_id = ? AND id = ?", [(discount_id, number) for number in numbers]
    )


def codes_of(connection: sqlite3.Connection, discount_id: int, text: str | None) -> list[sqlite3.Row]:
    """The added codes of a discount; with ``text`` only the one that is spelled so."""
    rows = connection.execute("SELECT * FROM pool_codes WHERE discount_id = ? ORDER BY id", (discount_id,)).fetchall()
    return [row for row in rows if text is None or row["code_key"] == text.strip().casefold()]


def uses(connection: sqlite3.Connection, discount_id: int) -> int:
    """How often any of a discount's codes was used."""
    row = connection.execute("SELECT count(*) FROM redemptions WHERE discount_id = ?", (discount_id,)).fetchone()
    return int(row[0])


def _add(connection: sqlite3.Connection, discount_id: int, code: str) -> int | None:
    if discounts.find(connection, code) is not None:
        return None
    statement = "INSERT INTO pool_codes (discount_id, code_key, code) VALUES (?, ?, ?)"
    return connection.execute(statement, (discount_id, code.strip().casefold(), code)).lastrowid
