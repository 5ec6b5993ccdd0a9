"""How reading a past stands is told: by the doctor, by the command, by what is kept of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from plugin.cli import doctor, run, shopify_history
from plugin.cli.demo.world import World
from plugin.sandbox import lifecycle
from plugin.sandbox.bulk import Outcome
from plugin.sandbox.weather import Mishap
from plugin.usecases import import_history
from storage import tables as tables_of
from tests.journeys import people
from tests.journeys.pasts import BEGIN, install, past, state, tables, until_read
from tests.journeys.people import passes


def test_without_the_scope_it_says_how_far_back_it_goes(tmp_path: Path) -> None:
    """Sixty days and no more, and the page, the doctor and the command tell why."""
    with past(tmp_path, scopes=()) as world:
        install(world)
        found = until_read(world)

        assert found.limited_to == BEGIN - timedelta(days=60)
        assert 0 < found.orders_read < 40
        assert "2026-01-01 only" in shopify_history.limit_told(found, "x")


def test_scopes_that_are_granted_later_open_the_whole_past(tmp_path: Path) -> None:
    """Told of, asked and kept, and what was hidden is read; a scope that was taken back is gone as soon."""
    with past(tmp_path, scopes=()) as world:
        install(world)
        assert until_read(world).orders_read < 40

        before = world.store.scopes
        lifecycle.grant(world.store, [*before, "read_all_orders"])
        passes(world, minutes=1)
        world.postman.deliver()
        found = until_read(world)
        assert (found.orders_read, found.limited_to) == (40, None)
        assert "read_all_orders" in world.shop().scopes.split()

        lifecycle.grant(world.store, before)
        passes(world, minutes=1)
        world.postman.deliver()
        world.worker.drain()
        assert world.shop().scopes.split() == sorted(before)
        assert state(world) == found


def test_a_store_that_refuses_is_not_asked_for_ever(tmp_path: Path) -> None:
    """Access that is denied ends the import with one sentence; the command says it, too."""
    with past(tmp_path) as world:
        world.store.bulk.order(Outcome(status="FAILED", error_code="ACCESS_DENIED"))
        install(world)
        world.worker.drain()

        assert state(world).state == "failed"
        assert "ACCESS_DENIED" in (state(world).trouble or "")


def test_the_doctor_tells_how_the_past_stands(tmp_path: Path) -> None:
    """Read, limited, waiting, failed: each with its remedy."""
    with past(tmp_path, scopes=()) as world:
        install(world)
        until_read(world)
        assert "read_all_orders" in _told(world, "history")[1]
        assert _told(world, "history")[0]

        world.store.bulk.order(Outcome(status="FAILED", error_code="ACCESS_DENIED"))
        _again(world)
        world.worker.drain()
        ok, told = _told(world, "history")
        assert not ok
        assert "regulars import" in told

        _again(world)
        world.store.weather.expect(*[Mishap.SERVER_ERROR] * 2, only="RunHistory")
        world.worker.drain()
        assert "it waits" in _told(world, "history")[1]


def _again(world: World) -> None:
    passes(world, minutes=10)
    with world.runtime.database.transaction() as db:
        import_history.ask(db, world.shop(), now=world.clock.now())


def _told(world: World, about: str) -> tuple[bool, str]:
    (found,) = [one for one in doctor.examine(world.runtime) if one.about.startswith(f"{about} of")]
    return found.ok, found.told


def test_the_command_reads_the_past(
    tmp_path: Path, lived: dict[str, list[Any]], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """``regulars import`` without a file: by itself where no worker is at it; again, and from a day on, it changes nothing."""
    with past(tmp_path) as world:
        # the command has the machine's clock
        world.clock.set(datetime.now(UTC))
        install(world)
        people.speaks_with(world, monkeypatch)
        domain = world.shop().domain
        assert run(["import", domain]) == 0
        assert "Imported 40 orders" in capsys.readouterr().out
        assert tables(world.runtime.database) == lived

        assert run(["import", domain, "--since", f"{BEGIN - timedelta(days=10):%Y-%m-%d}"]) == 0
        assert "Imported 4 orders" in capsys.readouterr().out
        assert tables(world.runtime.database) == lived

        world.store.bulk.order(Outcome(status="FAILED", error_code="ACCESS_DENIED"))
        assert run(["import", domain, "--since", "2025-12-01"]) == 1
        assert "could not be read" in capsys.readouterr().err

        with world.runtime.database.transaction() as db:
            db.execute(update(tables_of.shops).values(credentials=None))
        assert run(["import", domain]) == 1
        assert "is paused" in capsys.readouterr().err
