"""Progress of long work: a bar on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click
from tqdm import tqdm


class Progress(Protocol):
    """What long work reports to."""

    def update(self, n: int) -> object:
        """``n`` more units are done."""


class _Lines:
    """Says every tenth of the way on a line of its own."""

    def __init__(self, total: int, what: str, unit: str) -> None:
        self.total, self.what, self.unit = total, what, unit
        self.done = self.tenths = 0

    def update(self, n: int) -> None:
        self.done += n
        tenths = 10 * self.done // self.total if self.total else 10
        if tenths > self.tenths:
            self.tenths = tenths
            click.echo(f"{self.what}: {self.done} of {self.total} {self.unit}", err=True)


@contextmanager
def bar(total: int, what: str, unit: str) -> Iterator[Progress]:
    """A bar over ``total`` units on a terminal; ten lines on standard error elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines(total, what, unit)
        return
    with tqdm(total=total, desc=what, unit=f" {unit}", leave=False, smoothing=0.1) as shown:
        yield shown
