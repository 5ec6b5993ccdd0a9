"""What is compared: a named way to acknowledge deliveries, and how to look at it while it runs."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.servers import Server

#: signs every delivery of the benchmark
SECRET = "5f3d1c" * 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A started case: ``stored`` lists the delivery ids that it kept, ``syncs`` counts its fsyncs so far.

    ``cpu_seconds`` is the processor time so far of all that works for it, a database server included.
    """

    server: Server
    cpu_seconds: Callable[[], float]
    stored: Callable[[], list[str]]
    syncs: Callable[[], int]
    #: of our own servers' database
    url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """``start`` runs it in an empty folder. ``durable`` says whether it promises that what it answered is kept."""

    name: str
    durable: bool
    start: Callable[[Path], AbstractContextManager[Running]]
