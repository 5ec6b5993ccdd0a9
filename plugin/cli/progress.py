"""Progress of long work on standard error: a bar on a terminal, plain lines otherwise."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Protocol

import click
from tqdm import tqdm

from plugin.usecases.stages import Stage, Watch

#: how a bar over stages looks: no rate and no end are foretold, for stages differ
BY_STAGES = "{desc}: {percentage:3.0f}%|{bar}| {elapsed}"


class Progress(Protocol):
    """What long work reports to."""

    def update(self, n: int) -> object:
        """``n`` more units are done."""


class _Lines:
    """Says every tenth of the way on a line of its own."""

    def __init__(self, total: int, what: str) -> None:
        self.total, self.what = total, what
        self.done = self.tenths = 0

    def update(self, n: int) -> None:
        self.done += n
        tenths = 10 * self.done // self.total if self.total else 10
        if tenths > self.tenths:
            self.tenths = tenths
            click.echo(f"{self.what}: {self.done:,} of {self.total:,}", err=True)


@contextmanager
def bar(total: int, what: str, unit: str) -> Iterator[Progress]:
    """A bar over ``total`` units on a terminal; ten lines on standard error elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines(total, what)
        return
    with tqdm(total=total, desc=what, unit=f" {unit}", leave=False, smoothing=0.1) as shown:
        yield shown


@contextmanager
def stages(named: Mapping[Stage, tuple[str, int]]) -> Iterator[Watch]:
    """A bar over work that has stages, on a terminal; elsewhere a line on standard error as each begins.

    ``named`` are the stages in their order: what people call them, and how long each takes beside the others. A stage
    that has no name is done unseen: the bar goes as it begins.
    """
    if not sys.stderr.isatty():
        yield _StageLines(named).told
        return
    whole = sum(weight for _, weight in named.values())
    first = next(name for name, _ in named.values())
    with tqdm(total=whole, desc=first, leave=False, bar_format=BY_STAGES) as shown:
        yield _StageBar(named, shown).told


class _StageLines:
    """Says which stage begins, once."""

    def __init__(self, named: Mapping[Stage, tuple[str, int]]) -> None:
        self.named = named
        self.now: Stage | None = None

    def told(self, stage: Stage, _share: float) -> None:
        if stage in self.named and stage is not self.now:
            click.echo(f"{self.named[stage][0]}.", err=True)
        self.now = stage


class _StageBar:
    """Stands where the stages before and the share of this one end."""

    def __init__(self, named: Mapping[Stage, tuple[str, int]], shown: tqdm[Any]) -> None:
        self.named, self.shown = named, shown

    def told(self, stage: Stage, share: float) -> None:
        if stage not in self.named:
            self.shown.close()
            return
        name, weight = self.named[stage]
        before = sum(each for one, (_, each) in self.named.items() if list(Stage).index(one) < list(Stage).index(stage))
        self.shown.desc, self.shown.n = name, before + share * weight
        self.shown.refresh()
