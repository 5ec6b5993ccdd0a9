"""A page over which the database takes too long says so, and what to do."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from storage.engine import Database
from tests.pages.world import DOMAIN, NOW, Visit, World, connect, opened


@pytest.fixture
def on_server(postgresql_database: Database, tmp_path: Path) -> Iterator[World]:
    """A shop just connected, on PostgreSQL, whose pages have a second."""
    with opened(tmp_path, empty=True, page_seconds=1) as made:
        with postgresql_database.transaction() as db:
            connect(db, DOMAIN, NOW)
        made.runtime = replace(made.runtime, database=postgresql_database)
        yield made


@pytest.mark.timeout(60)
@pytest.mark.parametrize("held", ["orders", "shops"])
def test_a_page_that_takes_too_long_is_told_so(
    on_server: World, postgresql_database: Database, held: str, caplog: pytest.LogCaptureFixture
) -> None:
    """503 in words, as a page, as a part of one and as JSON; it opens again once the database is free."""
    caplog.set_level(logging.CRITICAL)
    visit = Visit(on_server)
    asked = {
        "part": lambda: visit.fragment("/app/overview"),
        "json": lambda: visit.api("GET", "/overview"),
    }
    if held == "shops":
        asked["whole"] = lambda: visit.client.get(f"/app/overview?shop={DOMAIN}")
    with postgresql_database.transaction() as db:
        db.execute(text(f"LOCK TABLE {held} IN ACCESS EXCLUSIVE MODE"))
        for name, ask in asked.items():
            answer = ask()
            assert answer.status_code == 503, name
            assert answer.headers["Retry-After"], name
            assert "REGULARS_PAGE_SECONDS" in answer.text, name
    assert visit.fragment("/app/overview").status_code == 200
