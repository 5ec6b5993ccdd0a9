"""How long the long storm is, and how it tells how far it is."""

from __future__ import annotations

import pytest

from tests.campaigns.conftest import say

__all__ = ["say"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """The long storm's size; known where this folder is named."""
    group = parser.getgroup("storm")
    group.addoption("--storm-customers", type=int, default=10_000, help="customers of the long storm")


@pytest.fixture
def customers(request: pytest.FixtureRequest) -> int:
    """Of the long storm."""
    return int(request.config.getoption("--storm-customers", 10_000))
