"""The program as an operator has it: ``regulars serve`` and ``regulars worker`` in processes that can be killed."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

#: for a start, on a busy machine, in seconds
PATIENCE = 90
ROOT = Path(__file__).resolve().parents[2]


class Program:
    """One life of the program; its pid is the number of its process group."""

    def __init__(self, pid: int, log: Path) -> None:
        self.pid = pid
        self.log = log
        self.status: int | None = None
        self.ended = threading.Event()

    def kill(self) -> None:
        """SIGKILL to every process of it, at this instant."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM to its first process, as a service manager does it."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)

    def wait(self, seconds: float = PATIENCE) -> int:
        """Its exit code; negative for a signal."""
        assert self.ended.wait(seconds), f"still there after {seconds} s:\n{self.words()}"
        # what it started may live a moment longer
        self.kill()
        assert self.status is not None
        return self.status

    def end(self) -> None:
        """Kills it, if it lives, and waits until it is gone."""
        self.kill()
        self.wait()

    def words(self) -> str:
        """What it last said."""
        return self.log.read_text(errors="replace")[-4000:] if self.log.exists() else ""


class Starter:
    """Starts programs. ``environment`` is for all of them; their words go to files in ``folder``."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._programs: dict[int, Program] = {}
        self._born: queue.Queue[int] = queue.Queue()
        self._lives = 0
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.campaigns.starter"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=_bare() | dict(environment),
            cwd=ROOT,
        )
        self._ready = threading.Event()
        self._listening = threading.Thread(target=self._listen, daemon=True)
        self._listening.start()

    def start(self, *arguments: str, environment: Mapping[str, str], module: str | None = None) -> Program:
        """Runs ``regulars`` with these arguments, or the function ``main`` of a module."""
        assert self._ready.wait(PATIENCE), "nothing can be started"
        self._lives += 1
        log = self._folder / f"{arguments[0] if arguments else 'program'}-{self._lives}.log"
        order = {"arguments": arguments, "environment": dict(environment), "log": str(log), "module": module}
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        self._process.stdin.flush()
        program = self._programs[self._born.get(timeout=PATIENCE)]
        program.log = log
        return program

    def close(self) -> None:
        """Ends what still lives."""
        for program in list(self._programs.values()):
            if not program.ended.is_set():
                program.kill()
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(PATIENCE)
        self._listening.join(PATIENCE)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _listen(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            told = json.loads(line)
            if "ready" in told:
                self._ready.set()
            elif "status" not in told:
                self._programs[told["pid"]] = Program(told["pid"], self._folder)
                self._born.put(told["pid"])
            else:
                program = self._programs[told["pid"]]
                program.status = told["status"]
                program.ended.set()


def is_ready(port: int) -> bool:
    """Whether a server says that it can commit."""
    return asked(port, "/readyz") == 200


def asked(port: int, path: str, *, seconds: float = 5) -> int:
    """The status of an address; nought where nobody answers."""
    connection = HTTPConnection("127.0.0.1", port, timeout=seconds)
    try:
        connection.request("GET", path)
        return connection.getresponse().status
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()


def wait_until(holds: Callable[[], bool], *, seconds: float = PATIENCE, lives: Sequence[Program] = ()) -> float:
    """Waits until it holds; how long it took. A program that ends meanwhile, or time running out, fails the test."""
    began = time.monotonic()
    while not holds():
        for program in lives:
            assert not program.ended.is_set(), f"ended with {program.status} meanwhile:\n{program.words()}"
        assert time.monotonic() - began < seconds, f"not within {seconds} s:\n{''.join(one.words() for one in lives)}"
        time.sleep(0.02)
    return time.monotonic() - began


def _bare() -> dict[str, str]:
    """The environment of the tests, without settings of its own."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("REGULARS_", "GRANIAN_"))}
