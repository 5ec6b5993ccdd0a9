"""Has loaded the whole program and starts it as often as it is told: a life then costs a tenth of a second, not two.

``python -m tests.campaigns.starter`` reads one JSON object a line from standard input (``arguments``, ``environment``,
``log``) and forks a child in a process group of its own that runs ``regulars`` with them; it writes one object a line:
``{"pid": …}`` for a start, ``{"pid": …, "status": …}`` for an end (negative: the signal).
"""

from __future__ import annotations

import importlib
import json
import os
import select
import sys
from contextlib import suppress
from typing import Any, NoReturn

from plugin import cli

LOADED = ("plugin.rsgi", "granian.server", "tests.campaigns.planted")
LOOK_SECONDS = 0.01


def main() -> None:
    """Starts and buries until standard input ends."""
    for name in LOADED:
        with suppress(ImportError):
            importlib.import_module(name)
    _say({"ready": True})
    rest = b""
    while True:
        if select.select([0], [], [], LOOK_SECONDS)[0]:
            read = os.read(0, 1 << 16)
            if not read:
                return
            *lines, rest = (rest + read).split(b"\n")
            for line in lines:
                _start(json.loads(line))
        _bury()


def _start(order: dict[str, Any]) -> None:
    pid = os.fork()
    if not pid:
        _live(order)
    _say({"pid": pid})


def _live(order: dict[str, Any]) -> NoReturn:
    os.setsid()
    log = os.open(order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for file, to in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(file, to)
    os.environ.update(order["environment"])
    if order.get("module"):
        importlib.import_module(order["module"]).main(*order["arguments"])
        sys.exit(0)
    sys.exit(cli.run(order["arguments"]))


def _bury() -> None:
    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            _say({"pid": pid, "status": os.waitstatus_to_exitcode(status)})


def _say(told: dict[str, Any]) -> None:
    os.write(1, json.dumps(told).encode() + b"\n")


if __name__ == "__main__":
    main()
