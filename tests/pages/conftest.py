"""A world with a year behind it, made once and copied for each test; and one where nothing has happened yet."""

import shutil
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.pages.world import Visit, World, opened


@pytest.fixture(scope="session")
def lived() -> Path:
    """The folder of the world that the others are copied from."""
    return Path(_lived().name)


@cache
def _lived() -> tempfile.TemporaryDirectory[str]:
    """Made once, also where several rooms take this fixture over: each would else live through a year of its own."""
    folder = tempfile.TemporaryDirectory(prefix="lived")
    with opened(Path(folder.name)):
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
