"""A WSGI application on a port of this machine, on a thread of this process, until it is closed."""

from __future__ import annotations

from threading import Event, Thread
from typing import Any

import click
from flask import Flask
from waitress import create_server, wasyncore

THREADS = 16
#: how long the loop sleeps at most before it looks whether it should end, in seconds
LOOP_SECONDS = 1


class Listening:
    """Answers from the moment it is made. Raises ClickException when the port is taken."""

    def __init__(self, app: Flask, *, host: str, port: int) -> None:
        # a map of its own: the sandbox's server lives in the same process
        self._map: dict[int, Any] = {}
        self._stopped = Event()
        try:
            self._server = create_server(app, map=self._map, host=host, port=port, threads=THREADS, ident=None)
        except OSError as error:
            raise click.ClickException(f"Port {port} is taken; choose another with --port.") from error
        self._thread = Thread(target=self._run, name="web", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stops answering."""
        self._stopped.set()
        self._server.pull_trigger()
        self._thread.join()
        self._server.task_dispatcher.shutdown()
        wasyncore.close_all(self._map)

    def _run(self) -> None:
        while not self._stopped.is_set():
            wasyncore.loop(timeout=LOOP_SECONDS, map=self._map, count=1)
