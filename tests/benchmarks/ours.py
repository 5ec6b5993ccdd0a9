"""Our own servers for the benchmark of acknowledgements, each on a new database with one shop installed."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from storage import migrations, shops
from storage.engine import Database
from storage.tables import inbox
from tests.benchmarks import deliveries, postgres, servers
from tests.benchmarks.case import SECRET, Running
from tests.benchmarks.disk import Disk
from tests.house.sources import ROOT

SERVE = ("-m", "plugin", "serve", "--no-worker", "--port")
VERIFY_ONLY = ("-m", "tests.benchmarks.apps", "verify_only")
VERIFY_IN_APPLICATION = ("-m", "tests.benchmarks.apps", "verify_in_application")
COMMIT_PER_REQUEST = ("-m", "tests.benchmarks.apps", "commit_per_request")


@contextmanager
def running(
    folder: Path,
    command: Sequence[str],
    *,
    server: bool = False,
    extra_ms: float = 0.0,
    install: Callable[[str], None] | None = None,
) -> Iterator[Running]:
    """One of the commands above, on SQLite or on a PostgreSQL ``server``, with a disk as slow as wanted.

    ``install`` fills the new database at an address; without it there is a bare shop.
    """
    disk = Disk(folder, extra_ms=extra_ms)
    with ExitStack() as stack:
        url, roots = f"sqlite:///{folder / 'kept.db'}", []
        if server:
            url, root = stack.enter_context(postgres.running(folder / "pg", disk.environment))
            roots.append(root)
        database = Database(url)
        stack.callback(database.close)
        if install is None:
            _install(database)
        else:
            install(url)
        port = servers.free_port()
        started = servers.Server(
            [sys.executable, *command, str(port)],
            port=port,
            environment={**settings(url), **({} if server else disk.environment)},
            folder=folder,
        )
        stack.callback(started.stop)
        roots.append(started.pid)
        yield Running(
            server=started,
            url=url,
            cpu_seconds=lambda: sum(map(servers.cpu_seconds, roots)),
            stored=lambda: _stored(database),
            syncs=disk.syncs,
        )


def settings(url: str) -> dict[str, str]:
    """What our processes find in their environment."""
    return {
        "PYTHONPATH": str(ROOT),
        "REGULARS_DATABASE_URL": url,
        "REGULARS_SECRET_KEYS": 64 * "0",
        "REGULARS_SHOPIFY_CLIENT_ID": "benchmark",
        "REGULARS_SHOPIFY_CLIENT_SECRET": SECRET,
    }


def _install(database: Database) -> None:
    now = datetime.now(UTC)
    migrations.migrate(database)
    with database.transaction() as db:
        shops.install(
            db, platform="shopify", domain=deliveries.SHOP, credentials=None, scopes="", now=now,
            nightly_due_at=now + timedelta(days=365),
        )  # fmt: skip


def _stored(database: Database) -> list[str]:
    with database.reading() as db:
        return list(db.execute(select(inbox.c.delivery_id)).scalars())
