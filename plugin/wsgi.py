"""What a WSGI server loads: the application out of the environment, with or without the worker inside.

It imports nothing of the command line, so that a web process stays small.
"""

from __future__ import annotations

import atexit
import os
import threading

from flask import Flask

from plugin import assembly, config, runtime
from plugin.config import ConfigError
from plugin.metrics import SHARED_FOLDER, Metrics
from plugin.runtime import Runtime
from plugin.worker.loop import Worker
from storage import migrations

#: a stopping process waits this long for the step under way
STOP_SECONDS = 20


def web_only() -> Flask:
    """The web side alone. Raises ConfigError for settings or a database that cannot work."""
    web = assembly.web(_runtime())
    atexit.register(web.close)
    return web.app


def with_worker() -> Flask:
    """The web side with the background side on a thread of its own. Raises ConfigError."""
    built = _runtime()
    web, worker, stop = assembly.web(built), Worker(built), threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), name="worker", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(STOP_SECONDS)
        web.close()

    atexit.register(end)
    return web.app


def _runtime() -> Runtime:
    counted = Metrics(folder=os.environ.get(SHARED_FOLDER))
    built = runtime.build(config.from_env(os.environ), metrics=counted)
    if migrations.current(built.database) != migrations.newest():
        raise ConfigError("The database is not at the newest schema: run regulars migrate.")
    assembly.set_up_logging(built.config)
    return built
