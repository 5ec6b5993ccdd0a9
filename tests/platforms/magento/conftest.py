"""Clients that speak to a store on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest

from plugin.platforms.line import Line, Patience
from plugin.platforms.magento.access import Credentials, SignedAccess
from plugin.platforms.magento.client import MagentoClient
from tests.platforms.magento.sandboxed import World, hold_to_schema, world

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SHORT = Patience(connect_seconds=0.5, read_seconds=0.2)
VALUES = {
    "consumer_key": "c" * 32,
    "consumer_secret": "s" * 32,
    "access_token": "t" * 32,
    "access_token_secret": "u" * 32,
}


@pytest.fixture
def line() -> Iterator[Line]:
    """A line that may call loopback and has little patience."""
    opened = Line(allow_private_hosts=True, monotonic=lambda: 0.0, patience=SHORT)
    yield opened
    opened.close()


@pytest.fixture
def client_at(line: Line) -> Callable[[str], MagentoClient]:
    """Makes a client of the store that is at an address."""
    turns = count()

    def make(base_url: str) -> MagentoClient:
        access = SignedAccess(
            Credentials(base_url=base_url, **VALUES), now=lambda: NOW, nonce=lambda: f"nonce{next(turns):04}"
        )
        return MagentoClient(line, access=access, now=lambda: NOW)

    return make


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[World]:
    """A store that runs; at the end everything that was sent is held to Magento's schema."""
    made, close = world(tmp_path)
    made.store.add_customer(7, "Ada Byron")
    yield made
    close()
    hold_to_schema(made.line.sent)
