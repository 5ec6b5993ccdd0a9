"""The other products, fetched once into a folder outside of the repository, and run as their own pages say."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from tests.benchmarks import servers
from tests.benchmarks.case import SECRET, Running
from tests.benchmarks.disk import Disk
from tests.benchmarks.options import cache

PEERS = Path(__file__).with_name("peers")
DJANGO = "django==5.2.19"
FETCH_SECONDS = 900
#: as many as our own server has
THREADS = 32


class Absent(Exception):
    """The product cannot be had on this machine; the message says why."""


def fetch_express() -> Path:
    """The folder with Shopify's package for Express, installed. Raises Absent."""
    if not (shutil.which("node") and shutil.which("npm")):
        raise Absent("node and npm are not installed")
    folder = cache() / "express"
    folder.mkdir(exist_ok=True)
    wanted = (PEERS / "express" / "package.json").read_text()
    done = folder / "installed.json"
    if not (done.exists() and done.read_text() == wanted):
        (folder / "package.json").write_text(wanted)
        _fetch(["npm", "install", "--no-audit", "--no-fund"], folder)
        done.write_text(wanted)
    shutil.copy(PEERS / "express" / "server.mjs", folder)
    return folder


def fetch_django() -> Path:
    """The folder with Django, installed. Raises Absent."""
    folder = cache() / DJANGO
    if not folder.exists():
        part = cache() / f"{DJANGO}.part"
        _fetch([sys.executable, "-m", "pip", "install", "--quiet", "--target", str(part), DJANGO], cache())
        part.rename(folder)
    return folder


@contextmanager
def express(folder: Path, installed: Path, *, durable: bool) -> Iterator[Running]:
    """Express verifying with Shopify's package, and with one durable SQLite commit per delivery if wanted."""
    environment = {"NODE_ENV": "production", "DATABASE": str(folder / "kept.db") if durable else ""}
    with _started(folder, ["node", str(installed / "server.mjs")], environment) as running:
        yield running


@contextmanager
def django(folder: Path, installed: Path) -> Iterator[Running]:
    """Django on our server, with as many threads, and one durable SQLite commit per delivery."""
    command = [
        sys.executable, "-m", "granian", "peer:app", "--interface", "wsgi", "--workers", "1", "--blocking-threads", str(THREADS),
        "--backlog", "1024",
    ]  # fmt: skip
    environment = {"PYTHONPATH": f"{installed}:{PEERS / 'django'}", "DATABASE": str(folder / "kept.db")}
    with _started(folder, command, environment) as running:
        yield running


@contextmanager
def _started(folder: Path, command: Sequence[str], environment: dict[str, str]) -> Iterator[Running]:
    port, disk = servers.free_port(), Disk(folder)
    names = {"PORT": str(port), "GRANIAN_PORT": str(port), "SECRET": SECRET}
    server = servers.Server(command, port=port, environment={**environment, **names, **disk.environment}, folder=folder)
    try:
        yield Running(
            server=server,
            cpu_seconds=lambda: servers.cpu_seconds(server.pid),
            stored=lambda: _stored(folder / "kept.db"),
            syncs=disk.syncs,
        )
    finally:
        server.stop()


def _stored(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as db:
        return [delivery for (delivery,) in db.execute("SELECT delivery_id FROM inbox")]


def _fetch(command: Sequence[str], folder: Path) -> None:
    try:
        said = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=FETCH_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise Absent(str(failure)) from failure
    if said.returncode:
        raise Absent(f"{' '.join(command[:3])} failed: {said.stderr.strip()[-300:]}")
