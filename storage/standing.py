"""A connection to a server by which each statement is a transaction of its own, by the driver alone.

The library's way to a transaction asks the server four times (is it there, begin, the statement, commit) and takes
longer than the statement itself; this asks once. It is for one who has many statements to carry out, one after another.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from typing import Any

import psycopg
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import PoolProxiedConnection


class Unclear(RuntimeError):
    """A statement failed, or nobody knows what became of it; its cause is the driver's error."""


class Standing:
    """One connection of ``engine``'s pool, taken at the first statement and closed at the end. Threads take turns."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._turn = threading.Lock()
        self._taken: PoolProxiedConnection | None = None
        self._cursor: Any = None

    def carry_out(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """One statement, durable once it returned, and its rows. Raises Unclear; the next one has a new connection."""
        with self._turn:
            try:
                cursor = self._cursor or self._taken_from_pool()
                cursor.execute(statement, values)
                return list(cursor.fetchall())
            except (psycopg.Error, SQLAlchemyError) as error:
                self._drop()
                raise Unclear(type(error).__name__) from error

    def close(self) -> None:
        """Ends the connection, if there is one."""
        with self._turn:
            self._drop()

    def _taken_from_pool(self) -> Any:
        self._taken = self._engine.raw_connection()
        driver: Any = self._taken.driver_connection
        driver.autocommit = True
        self._cursor = driver.cursor()
        return self._cursor

    def _drop(self) -> None:
        """Closed, as nobody else may have one that commits by itself."""
        taken, self._taken, self._cursor = self._taken, None, None
        if taken is not None:
            taken.invalidate()
