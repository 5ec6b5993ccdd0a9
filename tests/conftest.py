"""What every room's tests may ask for: an empty, migrated database of each kind, and a shop in it."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, event

from storage import shops
from storage.engine import Database
from storage.tables import metadata
from tests import databases
from tests.browsers import browser

#: fixtures that live in a module of their own
__all__ = ["browser"]

settings.register_profile(
    "regulars",
    deadline=None,
    max_examples=50,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
settings.load_profile("regulars")

# tests make and drop very many small things and hardly ever circles of them: looking for circles less often saves a tenth
gc.set_threshold(20_000, 20, 20)

INSTALLED_AT = datetime(2026, 1, 1, tzinfo=UTC)
OF_A_SHOP = "|".join(name for name in metadata.tables if name != "shops")
READS_OR_CHANGES = re.compile(
    rf"^\s*(?:WITH|SELECT|UPDATE|DELETE)\b.*\b(?:FROM|JOIN|UPDATE)\s+(?:{OF_A_SHOP})\b", re.DOTALL
)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return databases.sqlite_template(tmp_path_factory.mktemp("template"))


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """The URL of a PostgreSQL server's own database; make others on it, leave this one alone."""
    with ExitStack() as stack:
        try:
            url = stack.enter_context(databases.server())
        except databases.NoServer as none:
            if os.environ.get("CI") == "true":
                pytest.fail(str(none))
            pytest.skip(str(none))
        yield url


@pytest.fixture(scope="session")
def postgresql_template(postgresql_url: str) -> Iterator[str]:
    with databases.server_template(postgresql_url) as name:
        yield name


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """The URL of an empty, migrated SQLite file of this test's own."""
    return databases.sqlite_copy(sqlite_template, tmp_path)


@pytest.fixture
def fresh_postgresql_url(postgresql_url: str, postgresql_template: str) -> Iterator[str]:
    """The URL of an empty, migrated PostgreSQL database of this test's own."""
    with databases.server_copy(postgresql_url, postgresql_template) as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty, migrated database: the test runs once on each kind."""
    return str(request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "fresh_postgresql_url"))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database: the test runs once on each kind."""
    opened = Database(database_url)
    yield opened
    opened.close()


@pytest.fixture
def sqlite_database(sqlite_url: str) -> Iterator[Database]:
    """An empty, migrated SQLite database."""
    opened = Database(sqlite_url)
    yield opened
    opened.close()


@pytest.fixture
def postgresql_database(fresh_postgresql_url: str) -> Iterator[Database]:
    """An empty, migrated PostgreSQL database."""
    opened = Database(fresh_postgresql_url)
    yield opened
    opened.close()


@pytest.fixture
def shop_id(database: Database) -> int:
    """An installed shop in ``database``."""
    with database.transaction() as db:
        return shops.install(
            db,
            platform="shopify",
            domain="first.myshopify.com",
            credentials=b"sealed",
            scopes="read_orders,write_discounts",
            now=INSTALLED_AT,
            nightly_due_at=INSTALLED_AT,
        ).shop_id


@pytest.fixture
def shop_named() -> Iterator[None]:
    """Fails the statement that reads or changes a shop's rows without naming the shop."""

    def check(_db: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        if READS_OR_CHANGES.search(statement) and "shop_id" not in statement:
            pytest.fail(f"a statement on a shop's rows that names no shop: {statement}")

    event.listen(Engine, "before_cursor_execute", check)
    yield
    event.remove(Engine, "before_cursor_execute", check)
