"""Brings a database to the newest schema, in one transaction; running it again, or twice at once, changes nothing."""

from __future__ import annotations

from pathlib import Path

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from storage.engine import Database

VERSION_TABLE = "schema_version"
#: one migration at a time on a server; any number that nothing else locks
LOCK = 7_283_461_905


def migrate(database: Database) -> None:
    """Runs every step that the database has not seen yet; none where a newer program was here before."""
    with database.transaction() as db:
        if database.dialect == "postgresql":
            db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        if not _of_a_newer_program(_seen(db)):
            run(db)


def current(database: Database) -> str | None:
    """The newest step that the database has seen; None for an empty one."""
    with database.reading() as db:
        return _seen(db)


def fits(seen: str | None) -> bool:
    """Whether this program can work once the database has seen this step: its newest, or one of a newer program.

    Steps only add, so that an old program goes on while a newer one takes its place.
    """
    return seen == newest() or _of_a_newer_program(seen)


def prove(database: Database) -> None:
    """Writes the version that is there once more, durably: raises where the database cannot commit, as on a full disk."""
    with database.transaction() as db:
        db.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = version_num"))  # noqa: S608 - a constant


def newest() -> str:
    """The newest step that this program knows."""
    head = _steps().get_current_head()
    if head is None:
        raise RuntimeError("the steps of the schema are missing from the installation")
    return head


def run(db: Connection, to: str = "head") -> None:
    """Runs the steps up to one of them in the caller's transaction."""
    steps = _steps()

    def upgrade(revision: object, _context: MigrationContext) -> list[object]:
        return list(steps._upgrade_revs(to, revision))  # type: ignore[arg-type]  # noqa: SLF001

    with EnvironmentContext(Config(), steps, fn=upgrade) as environment:
        environment.configure(connection=db, version_table=VERSION_TABLE, transactional_ddl=True)
        environment.run_migrations()


def _seen(db: Connection) -> str | None:
    return MigrationContext.configure(db, opts={"version_table": VERSION_TABLE}).get_current_revision()


def _of_a_newer_program(seen: str | None) -> bool:
    return seen is not None and seen not in {step.revision for step in _steps().walk_revisions()}


def _steps() -> ScriptDirectory:
    return ScriptDirectory(str(Path(__file__).parent))
