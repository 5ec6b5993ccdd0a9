"""How many schedules are played: as many as fit a minute, or as many as the long campaign asks for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from storage.engine import Database
from tests import databases


def pytest_addoption(parser: pytest.Parser) -> None:
    """The long campaign's share: any part of the seeds, so that it can be gone on with."""
    group = parser.getgroup("simulator")
    group.addoption("--seeds", type=int, default=20_000, help="schedules of the long campaign")
    group.addoption(
        "--first-seed", type=int, default=0, help="the seed to begin with; with --seeds 1 one is played again"
    )


@pytest.fixture(scope="module")
def one_database(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A SQLite file that many schedules use one after the other."""
    opened = Database(databases.sqlite_copy(sqlite_template, tmp_path_factory.mktemp("simulator")))
    yield opened
    opened.close()
