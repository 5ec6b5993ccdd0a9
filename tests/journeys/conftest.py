"""A small world for each test: an empty sandbox store with Regulars installed, at a fixed moment."""

import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin.cli.demo.merchant import Merchant
from plugin.cli.demo.world import World, opened

BEGIN = datetime(2026, 3, 2, 15, 0, tzinfo=UTC)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """A store that has just installed the app; its clock stands at 2 March 2026, 15:00 UTC."""
    with opened(tmp_path, free_port()) as made:
        made.clock.set(BEGIN)
        Merchant(made).install()
        yield made


def free_port() -> int:
    """A port whose next one is free too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port: int = first.getsockname()[1]
            try:
                second.bind(("127.0.0.1", port + 1))
            except (OSError, OverflowError):
                continue
            return port
