"""What a WSGI server loads: the application out of the environment, with or without the worker inside.

It imports nothing of the command line, so that a web process stays small.
"""

from __future__ import annotations

import atexit
import os
import threading

from plugin import assembly, config, logs, runtime, soundness
from plugin.assembly import Web
from plugin.config import ConfigError
from plugin.metrics import SHARED_FOLDER, Metrics
from plugin.runtime import Runtime
from plugin.turnstile import Turnstile
from plugin.worker.loop import Worker
from storage import migrations

#: a stopping process waits this long for the step under way
STOP_SECONDS = 20
#: requests answered at the same time in one process: as many deliveries may share one commit
THREADS = 64


def web_only() -> Turnstile:
    """The web side alone. Raises ConfigError for settings or a database that cannot work."""
    return Turnstile(opened(worker_inside=False).app, inside=THREADS)


def with_worker() -> Turnstile:
    """The web side with the background side on a thread of its own. Raises ConfigError."""
    return Turnstile(opened(worker_inside=True).app, inside=THREADS)


def opened(*, worker_inside: bool) -> Web:
    """The web side of this process, closed when it ends. Raises ConfigError for settings or a database that cannot work."""
    built = _runtime()
    web = assembly.web(built)
    soundness.watch(built, threading.Event())
    if not worker_inside:
        atexit.register(web.close)
        return web
    worker, stop = Worker(built), threading.Event()
    thread = threading.Thread(target=worker.run, args=(stop,), name="worker", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(STOP_SECONDS)
        web.close()

    atexit.register(end)
    return web


def _runtime() -> Runtime:
    counted = Metrics(folder=os.environ.get(SHARED_FOLDER))
    built = runtime.build(config.from_env(os.environ), metrics=counted)
    if not migrations.fits(migrations.current(built.database)):
        raise ConfigError("The database is not at the newest schema: run regulars migrate.")
    logs.set_up(built.config.log_format)
    return built
