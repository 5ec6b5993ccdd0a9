"""Servers with a mistake in them, which the campaigns must see: each is a way to acknowledge what is not durable."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable
from typing import Any

from flask import Flask, Response
from granian import Granian
from granian.constants import Interfaces
from sqlalchemy import event
from sqlalchemy.pool import Pool

from storage.engine import Database
from storage.inbox import Delivery
from tests.campaigns import town
from tests.webhooks import door
from webhooks import views
from webhooks.keeper import Keeper

THREADS = 32
SHOP, DATABASE = "PLANTED_SHOP_ID", "REGULARS_DATABASE_URL"
#: how much later than its answer the commit comes
LATE_SECONDS = 0.05


def main(mistake: str, port: str) -> None:
    """Serves the door with a mistake until killed."""
    Granian(
        f"tests.campaigns.planted:{mistake}", port=int(port), interface=Interfaces.WSGI, blocking_threads=THREADS,
        factory=True, log_enabled=False,
    ).serve()  # fmt: skip


def early() -> Flask:
    """Acknowledges first and commits afterwards."""
    keeper = Keeper(Database(os.environ[DATABASE]))

    def later(delivery: Delivery) -> None:
        time.sleep(LATE_SECONDS)
        keeper.keep(delivery)

    def keep(delivery: Delivery) -> bool:
        threading.Thread(target=later, args=(delivery,), daemon=True).start()
        return True

    return _app(keep)


def unsynced() -> Flask:
    """Commits before it acknowledges, but does not wait for the disk."""
    event.listen(Pool, "checkout", _do_not_wait)
    return _app(Keeper(Database(os.environ[DATABASE])).keep)


def blocking() -> Flask:
    """No mistake: the same door, for comparison."""
    return _app(Keeper(Database(os.environ[DATABASE])).keep)


def _do_not_wait(connection: Any, _record: object, _proxy: object) -> None:
    connection.execute("PRAGMA synchronous=OFF").close()


def _app(keep: Callable[[Delivery], bool]) -> Flask:
    ear = views.Ear(
        topics=door.TOPICS,
        secrets_for=lambda _platform, _domain: (town.SECRET,),
        shop_id_of=lambda _platform, _domain: int(os.environ[SHOP]),
        keep=keep,
        now=town.now,
        count=lambda _outcome: None,
    )
    made = Flask(__name__)
    made.register_blueprint(views.blueprint(ear))
    made.add_url_rule("/readyz", view_func=lambda: Response("ready\n"))
    return made
