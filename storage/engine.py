"""One database, spoken to in transactions: writing ones that are durable once they end, reading ones that see one moment.

On SQLite every writer holds a file lock from BEGIN to COMMIT, checkpoints and closing included. SQLite's own waiting is
a sleep that starves a busy worker, and before 3.51.3 two connections that write and checkpoint at once can damage the
log; behind the lock there is one at a time, in the order in which the system wakes them.
"""

from __future__ import annotations

import copy
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import psycopg
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.pool import QueuePool

from storage.gate import Gate
from storage.standing import Standing, Unclear

BUSY_TIMEOUT_MS = 5_000
#: the log is cut back to this after a burst
LOG_SIZE_LIMIT = 64 * 1024 * 1024
READERS = 40
SERVER_CONNECTIONS = 10
SERVER_OVERFLOW = 30
#: how long one waits for a connection of the pool, where few do
POOL_SECONDS = 4
#: a server whose machine vanished says nothing: it is given up while connecting, while it is silent, while nothing arrives
VANISHED = {
    "connect_timeout": 10, "keepalives_idle": 20, "keepalives_interval": 10, "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}  # fmt: skip
#: how often work is tried that meets others in a circle
TRIES = 5
#: PostgreSQL's words for "not now, but again as a whole": serialisation failure, deadlock
REFUSED = frozenset({"40001", "40P01"})


Result = TypeVar("Result")


class Database:
    """A SQLite file or a PostgreSQL server, named by an SQLAlchemy URL.

    Safe to share between threads; any number of processes may open the same one. ``connections`` to a server are at most
    so many. Raises ValueError for any other URL.
    """

    def __init__(self, url: str, *, connections: int | None = None) -> None:
        self._url = url
        parsed = make_url(url)
        self.dialect = parsed.get_backend_name()
        self.path: Path | None = None
        self._gate: Gate | None = None
        self._limit = ""
        if self.dialect == "sqlite":
            self.path = _file_of(parsed)
            self._gate = Gate(self.path.with_name(f"{self.path.name}.lock-file"))
            self._writer = _sqlite(self.path, self._gate, reading=False)
            self._reader = _sqlite(self.path, self._gate, reading=True)
        elif self.dialect == "postgresql":
            self._writer = _server(parsed, connections)
            self._reader = self._writer.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            self._standing = Standing(self._writer)
        else:
            raise ValueError(f"neither SQLite nor PostgreSQL: {parsed.render_as_string()}")

    def beside(self, connections: int) -> Database:
        """The same server by as many connections that nobody else uses; of a file, whose writers take turns, this one."""
        return self if self._gate is not None else Database(self._url, connections=connections)

    def hasty(self, seconds: int) -> Database:
        """This database by the same connections, to be read by who cannot wait: ``reading`` alone is different.

        Where a server takes longer than ``seconds`` over one statement of it, that ends with an OperationalError
        (``faults.took_too_long``); the connection stays good. A file is read as before. Close the one it came from.
        """
        made = copy.copy(self)
        if self._gate is None:
            made._limit = f"SET LOCAL statement_timeout = {1000 * seconds:d}"  # noqa: SLF001 - one of us
        return made

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Commits on leaving, durably; rolls back when an exception passes. Not to be nested in a thread."""
        with self._alone(), self._writer.begin() as db:
            yield db

    @contextmanager
    def fleeting(self) -> Iterator[Connection]:
        """``transaction``, but a machine that loses its power may forget it: for what is done again then, as a claim.

        On a file it costs no write to the disk of its own; the next ``transaction`` makes it durable, too. On a server
        it is as durable as any: to say otherwise takes as long as the write.
        """
        if self._gate is None:
            with self.transaction() as db:
                yield db
            return
        with self._gate, self._writer.connect() as db:
            _safety(db, "NORMAL")
            try:
                with db.begin():
                    yield db
            finally:
                _safety(db, "FULL")

    def carry_out(self, work: Callable[[Connection], Result], *, tries: int = TRIES) -> Result:
        """Does all of ``work`` in one transaction, and again as a whole where the server refused it as a deadlock.

        So ``work`` must do nothing that a roll back does not undo. Raises the last refusal after ``tries``.
        """
        for _ in range(tries - 1):
            try:
                with self.transaction() as db:
                    return work(db)
            except DBAPIError as error:
                if getattr(error.orig, "sqlstate", None) not in REFUSED:
                    raise
        with self.transaction() as db:
            return work(db)

    def at_once(self, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
        """Carries out one statement as a transaction of its own, durable once it returned, by the driver alone; its rows.

        ``statement`` has the driver's marks. Raises Unclear where it failed, or may have been done and nobody heard. On
        a server it takes one connection for good, so it is for one who does this all day.
        """
        if self._gate is None:
            return self._standing.carry_out(statement, values)
        with self._gate:
            try:
                return _at_once(self._writer, statement, values)
            except (sqlite3.Error, SQLAlchemyError) as error:
                raise Unclear(type(error).__name__) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Sees the database as of its first statement, waits for nobody, can change nothing."""
        with self._reader.begin() as db:
            if self._limit:
                db.exec_driver_sql(self._limit)
            yield db

    def server_time(self) -> datetime | None:
        """The server's clock; None for a file, which has only this machine's."""
        if self._gate is not None:
            return None
        with self.reading() as db:
            told: datetime = db.execute(text("SELECT clock_timestamp()")).scalar_one()
            return told

    def run_alone(self, *statements: str) -> list[list[tuple[Any, ...]]]:
        """Runs what must stand outside of any transaction (VACUUM, checkpoints); the rows of each statement."""
        with self._alone(), self._writer.connect() as db:
            if self.dialect == "postgresql":
                db.execution_options(isolation_level="AUTOCOMMIT")
            with closing(db.connection.cursor()) as cursor:
                return [_rows(cursor, statement) for statement in statements]

    def close(self) -> None:
        """Gives all connections back; the last one to close a SQLite file leaves no log behind."""
        if self._gate is None:
            self._standing.close()
        self._reader.dispose()
        self._writer.dispose()
        if self._gate is not None:
            self._gate.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        if self._gate is None:
            yield
        else:
            with self._gate:
                yield


def _file_of(url: URL) -> Path:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise ValueError("a SQLite database needs a file: sqlite:///regulars.db")
    return Path(url.database).absolute()


def _sqlite(path: Path, gate: Gate, *, reading: bool) -> Engine:
    class Guarded(sqlite3.Connection):
        """Closing may be the last checkpoint, so it goes through the gate as well."""

        def close(self) -> None:
            with gate.held():
                super().close()

    def connect() -> sqlite3.Connection:
        # the file holds what a store tells in confidence; one that is there is never opened here: closing it would end
        # all locks of this process, and who closes it next elsewhere would take the log away from under us
        with suppress(FileExistsError):
            os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        return sqlite3.connect(path, isolation_level=None, check_same_thread=False, factory=Guarded)

    size = READERS if reading else 1
    engine = create_engine(
        "sqlite://", creator=connect, poolclass=QueuePool, pool_size=size, max_overflow=0, query_cache_size=1000
    )
    pragmas = ["foreign_keys=ON", "secure_delete=ON", "synchronous=FULL", f"journal_size_limit={LOG_SIZE_LIMIT}"]
    # only a writer may turn the log on: that needs the gate
    pragmas = ["query_only=ON"] if reading else ["journal_mode=WAL", *pragmas]

    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        for pragma in (f"busy_timeout={BUSY_TIMEOUT_MS}", *pragmas):
            connection.execute(f"PRAGMA {pragma}").close()

    event.listen(engine, "connect", prepare)
    event.listen(engine, "begin", partial(_begin, "BEGIN" if reading else "BEGIN IMMEDIATE"))
    return engine


def _safety(db: Connection, level: str) -> None:
    """Says when the log is written through to the disk: FULL, at each commit; NORMAL, when it is copied into the file."""
    driver: Any = db.connection.driver_connection
    try:
        driver.execute(f"PRAGMA synchronous={level}").close()
    except sqlite3.Error as error:
        # whatever is wrong with it, nobody else may commit less safely than they think
        db.invalidate()
        raise DBAPIError(f"synchronous={level}", None, error) from error


def _at_once(writer: Engine, statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with closing(writer.raw_connection()) as pooled:
        driver: Any = pooled.driver_connection
        # a statement outside of a transaction is one, and is committed once its last row was fetched
        with closing(driver.execute(statement, values)) as cursor:
            return list(cursor.fetchall())


def _begin(statement: str, db: Connection) -> None:
    """The driver is asked directly: every look at the database begins with this."""
    driver: Any = db.connection.driver_connection
    try:
        driver.execute(statement).close()
    except sqlite3.Error:
        # once more by way of the library, whose errors are those that everybody here knows
        db.exec_driver_sql(statement)


def _server(url: URL, connections: int | None) -> Engine:
    pool = {"pool_size": SERVER_CONNECTIONS, "max_overflow": SERVER_OVERFLOW}
    if connections is not None:
        pool = {"pool_size": connections, "max_overflow": 0, "pool_timeout": POOL_SECONDS}
    # what the operator's address says stands
    vanished = {name: value for name, value in VANISHED.items() if name not in url.query}
    options = f"{url.query.get('options', '')} -c synchronous_commit=on -c timezone=UTC".strip()
    engine = create_engine(
        url.update_query_dict({"options": options}),
        # marks as the server itself has them: the driver reads through no statement, which for one of many rows takes
        # longer than sending it
        paramstyle="numeric_dollar",
        connect_args={"cursor_factory": psycopg.RawCursor, **vanished},
        pool_pre_ping=True,
        query_cache_size=1000,
        **pool,
    )
    event.listen(engine, "connect", _read_in_parts)
    return engine


def _read_in_parts(connection: psycopg.Connection[Any], _record: object) -> None:
    connection.server_cursor_factory = psycopg.RawServerCursor


def _rows(cursor: Any, statement: str) -> list[tuple[Any, ...]]:
    cursor.execute(statement)
    return list(cursor.fetchall()) if cursor.description else []
