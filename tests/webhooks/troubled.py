"""Databases that are real, and meet with something on their way to what they are asked."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from storage.engine import Database
from storage.standing import Unclear


class Wrapped(Database):
    """A real database whose transactions meet with something on their way."""

    def __init__(self, inner: Database) -> None:
        self._inner = inner
        self.dialect = inner.dialect

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with self._inner.transaction() as db:
            yield db

    def at_once(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._inner.at_once(statement, values)


class Slow(Wrapped):
    """Every commit takes a little longer, as on a slow disk."""

    def __init__(self, inner: Database, *, seconds: float) -> None:
        super().__init__(inner)
        self._seconds = seconds

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        with super().transaction() as db:
            yield db
            time.sleep(self._seconds)

    def at_once(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        time.sleep(self._seconds)
        return super().at_once(statement, values)


class Held(Wrapped):
    """No transaction begins before the gate opens."""

    def __init__(self, inner: Database, gate: threading.Event) -> None:
        super().__init__(inner)
        self._opened = gate
        #: the writer stands before the gate, with what it took
        self.reached = threading.Event()

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        self._wait()
        with super().transaction() as db:
            yield db

    def at_once(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        self._wait()
        return super().at_once(statement, values)

    def _wait(self) -> None:
        self.reached.set()
        assert self._opened.wait(timeout=10)


class Lost(Wrapped):
    """The connection breaks, some times, whatever way is tried: after the commit (nobody knows), or before it."""

    def __init__(self, inner: Database, *, times: int, before: bool = False) -> None:
        super().__init__(inner)
        self._times = times
        self._before = before

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        self._times -= 1
        broken = OperationalError("COMMIT", {}, ConnectionResetError())
        with super().transaction() as db:
            yield db
            if self._before and self._times >= 0:
                raise broken
        if self._times >= 0:
            raise broken

    def at_once(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        if self._times <= 0:
            return super().at_once(statement, values)
        if not self._before:
            super().at_once(statement, values)
        raise Unclear
