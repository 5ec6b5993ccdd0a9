"""A small world for each test: an empty sandbox store with Regulars installed, at a fixed moment."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import World, opened
from tests import databases
from tests.journeys.pasts import BEGIN, free_port, heard_live, past

#: what other modules take from here
__all__ = ["BEGIN", "free_port"]


@pytest.fixture
def world(tmp_path: Path, sqlite_template: Path) -> Iterator[World]:
    """A store that has just installed the app; its clock stands at 2 March 2026, 15:00 UTC."""
    databases.sqlite_copy(sqlite_template, tmp_path)
    with opened(tmp_path, free_port()) as made:
        made.clock.set(BEGIN)
        Merchant(made).install()
        yield made


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    """The tables that every import of the store's past has to end in."""
    with past(tmp_path_factory.mktemp("lived")) as world:
        return heard_live(world, tmp_path_factory.mktemp("heard"))
