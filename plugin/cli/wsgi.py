"""What a WSGI server loads: the application out of the environment, with or without the worker inside."""

from __future__ import annotations

import atexit
import threading

from flask import Flask

from plugin import runtime
from plugin.cli import assembly, context
from plugin.worker.loop import Worker

#: a stopping process waits this long for the step under way
STOP_SECONDS = 20


def web_only() -> Flask:
    """The web side alone."""
    built = runtime.build(context.settings())
    context.require_schema(built)
    assembly.set_up_logging(built.config)
    web = assembly.web(built)
    atexit.register(web.close)
    return web.app


def with_worker() -> Flask:
    """The web side with the background side on a thread of its own."""
    built = runtime.build(context.settings())
    context.require_schema(built)
    assembly.set_up_logging(built.config)
    web = assembly.web(built)
    stop, worker = threading.Event(), Worker(built)
    thread = threading.Thread(target=worker.run, args=(stop,), name="worker", daemon=True)
    thread.start()

    def end() -> None:
        stop.set()
        thread.join(STOP_SECONDS)
        web.close()

    atexit.register(end)
    return web.app
