"""A world with a year behind it, made once and copied for each test; and one where nothing has happened yet."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pages.world import Visit, World, opened


@pytest.fixture(scope="session")
def lived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the world that the others are copied from."""
    folder = tmp_path_factory.mktemp("lived")
    with opened(folder):
        pass
    return folder


@pytest.fixture
def world(lived: Path, tmp_path: Path) -> Iterator[World]:
    """A shop with customers, orders and offers."""
    shutil.copy(lived / "regulars.db", tmp_path)
    with opened(tmp_path) as copied:
        yield copied


@pytest.fixture
def new_world(tmp_path: Path) -> Iterator[World]:
    """A shop that has just been connected."""
    with opened(tmp_path, empty=True) as made:
        yield made


@pytest.fixture
def visit(world: World) -> Visit:
    """A merchant in Shopify's admin."""
    return Visit(world)
