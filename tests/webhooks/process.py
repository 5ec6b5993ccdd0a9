"""The door in a process of its own, on the server that the product runs on: to be killed, and to be spoken to in bytes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from storage.engine import Database
from tests.webhooks import door
from webhooks.keeper import Keeper

ROOT = Path(__file__).resolve().parents[2]
URL, SHOP, PORT = "DOOR_DATABASE_URL", "DOOR_SHOP_ID", "DOOR_PORT"
THREADS = 32
START_SECONDS = 20


class Process:
    """A running server."""

    def __init__(self, url: str, shop_id: int) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.door = door.Door(port=int(free.getsockname()[1]))
        environment = {**os.environ, URL: url, SHOP: str(shop_id), PORT: str(self.door.port)}
        # a session of its own, so that killing it kills all of it
        self._running = subprocess.Popen(
            [sys.executable, "-m", __name__], env=environment, cwd=ROOT, start_new_session=True
        )
        self._wait()

    def kill(self) -> None:
        """SIGKILL to every process of the server, at this instant."""
        with suppress(ProcessLookupError):
            os.killpg(self._running.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kills it and waits until it is gone."""
        self.kill()
        self._running.wait(timeout=10)

    def _wait(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", self.door.port), timeout=1).close()
                return
            assert self._running.poll() is None, "the server ended before it began"
            assert time.monotonic() < deadline, "the server does not begin"
            time.sleep(0.02)


@contextmanager
def running(url: str, shop_id: int) -> Iterator[Process]:
    """A server before the inbox of a database."""
    process = Process(url, shop_id)
    try:
        yield process
    finally:
        process.end()


def build() -> Flask:
    """The application inside the server's process."""
    return door.app(Keeper(Database(os.environ[URL])).keep, shop_id=int(os.environ[SHOP]))


if __name__ == "__main__":
    Granian(
        f"{__spec__.name}:build",
        port=int(os.environ[PORT]),
        interface=Interfaces.WSGI,
        blocking_threads=THREADS,
        factory=True,
        log_enabled=False,
    ).serve()
