"""``regulars serve``, ``worker`` and ``migrate``: the running program."""

from __future__ import annotations

import importlib.util
import os
import resource
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import click
from prometheus_client import start_http_server

from plugin import logs, soundness
from plugin.cli import context
from plugin.collecting import collect_rarely
from plugin.gauges import Standing
from plugin.metrics import SHARED_FOLDER
from plugin.runtime import Runtime
from plugin.worker.loop import Worker
from storage import migrations

#: connections at the same time in one process
CONNECTIONS = 1024
#: of a request's first line and headers together
LONGEST_HEAD_BYTES = 32 * 1024
#: a process that was told to stop and has not ended by then is ended
ENDS_SECONDS = 23
#: files that a process may have open, where the system lets it: connections, databases, stores
FILES = 65_536


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8000, show_default=True)
@click.option("--processes", type=click.IntRange(1, 64), default=1, show_default=True, help="Web processes.")
@click.option(
    "--no-worker", is_flag=True, help="Do not run the background side inside (it runs only with one process)."
)
def serve(host: str, port: int, processes: int, *, no_worker: bool) -> None:
    """The web side: webhooks, the merchant's pages, the API."""
    with context.opened():
        pass  # refuses an unfit configuration or database before a port is taken
    _may_open_many_files()
    inside = processes == 1 and not no_worker
    if importlib.util.find_spec("granian"):
        with _counting_together(processes):
            target = "plugin.rsgi:with_worker" if inside else "plugin.rsgi:web_only"
            listen(target, host=host, port=port, processes=processes)
    else:
        _waitress(host, port, worker_inside=inside)


@click.command()
@click.option(
    "--concurrency", type=click.IntRange(1, 64), default=8, show_default=True, help="Calls to stores at once."
)
@click.option("--metrics-host", default="127.0.0.1", show_default=True)
@click.option("--metrics-port", type=click.IntRange(1, 65535), help="Answer Prometheus here; default: nowhere.")
def worker(concurrency: int, metrics_host: str, metrics_port: int | None) -> None:
    """The background side: takes deliveries in, measures, decides, calls the stores."""
    stop = threading.Event()
    # who waits for a database that somebody holds, or a store, cannot be asked to end; what it had claimed is tried again
    last = threading.Timer(ENDS_SECONDS, os._exit, args=(1,))
    last.daemon = True

    def halt(_number: int, _frame: FrameType | None) -> None:
        stop.set()
        if last.ident is None:
            last.start()

    with context.opened() as built:
        logs.set_up(built.config.log_format)
        signal.signal(signal.SIGTERM, halt)
        signal.signal(signal.SIGINT, halt)
        click.echo("The worker is running; Ctrl-C stops it.", err=True)
        soundness.watch(built, stop)
        running = Worker(built, concurrency=concurrency)
        collect_rarely()
        with _answering(built, metrics_host, metrics_port):
            running.run(stop)
        running.close()
        last.cancel()


@click.command()
def migrate() -> None:
    """Brings the database to the newest schema; running it again changes nothing."""
    with context.opened(migrated=False) as built:
        before = migrations.current(built.database)
        migrations.migrate(built.database)
        after = migrations.current(built.database)
        newer = "" if after == migrations.newest() else "; that is of a newer program, and this one can work with it"
        click.echo(
            f"The database is at schema {after}{newer}."
            if before == after
            else f"The database went from schema {before or 'none'} to {after}."
        )


def listen(target: str, *, host: str, port: int, processes: int = 1) -> None:
    """Serves the application that ``target`` (module:factory) makes on granian, until a signal ends it."""
    from granian.constants import HTTPModes, Interfaces  # noqa: PLC0415 - absent where it has no wheel
    from granian.http import HTTP1Settings  # noqa: PLC0415
    from granian.server import Server  # noqa: PLC0415

    Server(
        target, address=host, port=port, interface=Interfaces.RSGI, http=HTTPModes.http1, websockets=False,
        workers=processes, backpressure=CONNECTIONS, backlog=CONNECTIONS, factory=True, log_access=False,
        workers_kill_timeout=ENDS_SECONDS, http1_settings=HTTP1Settings(max_buffer_size=LONGEST_HEAD_BYTES),
    ).serve()  # fmt: skip


def _may_open_many_files() -> None:
    """Many systems allow 1,024 at first, fewer than connections and what they need."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if most == resource.RLIM_INFINITY else min(FILES, most)
    if now != resource.RLIM_INFINITY and now < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))


@contextmanager
def _answering(built: Runtime, host: str, port: int | None) -> Iterator[None]:
    """A worker's own metrics, for Prometheus."""
    if port is None:
        yield
        return
    built.metrics.registry.register(Standing(built, monotonic=time.monotonic))
    server, thread = start_http_server(port, addr=host, registry=built.metrics.registry)
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def _counting_together(processes: int) -> Iterator[None]:
    """Several processes share one port: whichever is asked for its metrics tells those of all."""
    if processes == 1:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="regulars-metrics-") as folder:
        os.environ[SHARED_FOLDER] = folder
        yield


def _waitress(host: str, port: int, *, worker_inside: bool) -> None:
    import waitress  # noqa: PLC0415 - only the fall-back needs it

    from plugin import wsgi  # noqa: PLC0415 - the pages, which the parent of web processes does not need

    app = wsgi.with_worker() if worker_inside else wsgi.web_only()
    click.echo(f"Listening on http://{host}:{port}", err=True)
    waitress.serve(app, host=host, port=port, threads=wsgi.THREADS, ident=None)


COMMANDS = (serve, worker, migrate)
