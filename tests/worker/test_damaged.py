"""A damaged file is noticed: no store is called any more, the probe and the doctor say what to do."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import make_url

from plugin import soundness
from plugin.cli import doctor
from plugin.readiness import Readiness
from plugin.worker.loop import Worker
from storage import outbox
from storage.engine import Database
from storage.soundness import damage
from tests.campaigns import town
from tests.campaigns.programs import wait_until
from tests.campaigns.town import Town


@pytest.fixture
def opened(sqlite_url: str, tmp_path: Path) -> Iterator[Town]:
    """A store whose purchases were taken in, and offers wait to be brought there."""
    with town.opened(tmp_path, sqlite_url, seed=8) as made:
        made.put_into_inbox(made.live(40))
        worker = Worker(made.runtime)
        worker.queues[0]()
        worker.close()
        yield made


def spoil(opened: Town) -> None:
    """Writes over the middle of the file, as a failing disk does."""
    opened.runtime.database.run_alone("PRAGMA wal_checkpoint(TRUNCATE)")
    opened.runtime.database.close()
    path = Path(str(make_url(opened.url).database))
    size = path.stat().st_size
    with path.open("r+b") as file:
        for place in range(size // 3, 2 * size // 3, 4096):
            file.seek(place + 8)
            file.write(b"\xff" * 64)


def test_a_whole_file_is_whole(opened: Town) -> None:
    """Nothing is found, and the worker calls the store."""
    assert damage(opened.runtime.database) is None
    soundness.look(opened.runtime)
    assert not opened.runtime.damaged.is_set()


def test_what_cannot_be_looked_at_is_not_damaged(postgresql_database: Database, tmp_path: Path) -> None:
    """A server watches over its own files, and one that cannot be opened may be whole."""
    assert damage(postgresql_database) is None
    away = Database(f"sqlite:///{tmp_path / 'none' / 'x.db'}")
    assert damage(away) is None
    away.close()


def test_a_damaged_file_issues_nothing(opened: Town, caplog: pytest.LogCaptureFixture) -> None:
    """It is found when a process starts; the log, the probe and the doctor name the remedy."""
    spoil(opened)
    stop = threading.Event()
    with caplog.at_level(logging.CRITICAL):
        soundness.watch(opened.runtime, stop)
        wait_until(opened.runtime.damaged.is_set, seconds=20, lives=[])
    stop.set()

    assert "restore the newest backup" in caplog.text
    trouble = Readiness(opened.runtime, monotonic=lambda: 0.0, share=lambda _path: 1.0).trouble() or ""
    assert "damaged" in trouble
    assert "restore" in trouble
    (found,) = [one for one in doctor.examine(opened.runtime) if one.about == "database file"]
    assert not found.ok
    assert "restore" in found.told


def test_what_is_damaged_calls_no_store(opened: Town) -> None:
    """What was to be sent stays where it is; without the damage it goes out."""
    opened.runtime.damaged.set()
    worker = Worker(opened.runtime)
    with opened.runtime.database.reading() as db:
        waits = outbox.waiting(db)
    assert waits
    assert worker.queues[1]() == 0
    opened.runtime.damaged.clear()
    assert worker.queues[1]() > 0
    worker.close()
