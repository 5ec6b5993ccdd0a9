"""Shopify's own schema, read once a session; clients that speak to a store on loopback."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from graphql import GraphQLSchema, build_schema

from plugin.platforms.line import Line, Patience
from plugin.platforms.shopify.admin import AdminClient
from tests.platforms.shopify.samples import SHOP, TOKEN

SCHEMA = Path(__file__).resolve().parents[3] / "../shared/schemas/shopify/admin_2026-10.graphql"
SHORT = Patience(connect_seconds=0.5, read_seconds=0.2)


@pytest.fixture(scope="session")
def schema() -> GraphQLSchema:
    """Shopify's Admin API, version 2026-10; skips where the file is not at hand."""
    if not SCHEMA.is_file():
        pytest.skip(f"Shopify's schema is not at hand ({SCHEMA.name} in ../shared/schemas/shopify)")
    return build_schema(SCHEMA.read_text(encoding="utf-8"), assume_valid=True)


@pytest.fixture
def line() -> Iterator[Line]:
    """A line that may call loopback and has little patience."""
    opened = Line(allow_private_hosts=True, monotonic=lambda: 0.0, patience=SHORT)
    yield opened
    opened.close()


@pytest.fixture
def client_at(line: Line) -> Callable[[str], AdminClient]:
    """Makes a client of the store that is at an origin."""
    return lambda origin: AdminClient(line, shop=SHOP, origin=origin, api_version="2026-10", access_token=TOKEN)
